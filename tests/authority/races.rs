//! Races on real threads: what holds however they fall.

use std::{
    collections::HashSet,
    sync::{Arc, Barrier},
    thread,
};

use hallpass::{
    authority::{Issued, RefreshError},
    store::{Granted, SessionStore},
    testing::{TestAuthority, conformance::block_on},
};

use super::support::*;

/// Runs the jobs at once, each on a thread of its own.
fn at_once<T: Send>(jobs: Vec<Box<dyn FnOnce() -> T + Send + '_>>) -> Vec<T> {
    let start = Arc::new(Barrier::new(jobs.len()));
    thread::scope(|scope| {
        let threads: Vec<_> = jobs
            .into_iter()
            .map(|job| {
                let start = Arc::clone(&start);
                scope.spawn(move || {
                    start.wait();
                    job()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn inv_01_03_parallel_refreshes_make_one_successor() {
    let auth = TestAuthority::new();
    for _ in 0..50 {
        let issued = block_on(login(&auth));
        let refresh = || block_on(auth.refresh(issued.refresh_token())).unwrap();
        let jobs = (0..16).map(|_| Box::new(refresh) as Box<dyn FnOnce() -> Issued + Send>);
        let answers = at_once(jobs.collect());
        let distinct: HashSet<&str> = answers.iter().map(text).collect();
        assert_eq!(distinct.len(), 1);
        let rotated = |answer: &&Issued| matches!(answer.how(), Some(Granted::Rotated { .. }));
        assert_eq!(answers.iter().filter(rotated).count(), 1);
        let ids: HashSet<_> = answers.iter().map(Issued::token_id).collect();
        assert_eq!(ids.len(), 16, "inv 5: each has an access token of its own");
        let row = block_on(auth.store().find_session(&issued.session_id())).unwrap().unwrap();
        assert_eq!(row.state.generation, 1);
    }
}

/// Whatever refresh got before the revocation took effect is dead when it has returned.
fn race(revoke: impl Fn(&TestAuthority, &Issued) + Sync) {
    let auth = TestAuthority::new();
    for _ in 0..100 {
        let issued = block_on(login(&auth));
        let other = block_on(
            auth.issue(hallpass::Grant::new("bob", SCOPE.parse().unwrap()).client("phone")),
        )
        .unwrap();
        let (auth, issued, revoke) = (&auth, &issued, &revoke);
        let refresh = move || {
            let mut got = Vec::new();
            let mut token = text(issued).to_owned();
            for _ in 0..4 {
                match block_on(auth.refresh(&token)) {
                    Ok(next) => {
                        token = text(&next).to_owned();
                        got.push(next);
                    }
                    Err(error) => {
                        assert!(matches!(error, RefreshError::Ended(_)), "{error}");
                        break;
                    }
                }
            }
            got
        };
        let mut jobs: Vec<Box<dyn FnOnce() -> Vec<Issued> + Send>> = vec![Box::new(move || {
            revoke(auth, issued);
            Vec::new()
        })];
        jobs.extend((0..3).map(|_| Box::new(refresh) as Box<dyn FnOnce() -> Vec<Issued> + Send>));
        let answers = at_once(jobs);
        for answer in answers.iter().flatten().chain([issued]) {
            assert!(auth.verifier().verify_jwt(answer.access_token()).is_err());
            assert!(block_on(auth.refresh(answer.refresh_token())).is_err());
        }
        assert!(block_on(is_live(auth, &other)));
    }
}

#[test]
fn inv_16_refresh_against_the_end_of_the_session() {
    race(|auth, issued| {
        block_on(auth.end_session(&issued.session_id())).unwrap();
    });
}

#[test]
fn inv_16_refresh_against_revocation_of_the_subject() {
    race(|auth, _| {
        let _ = block_on(auth.revoke_subject(&ada())).unwrap();
    });
}

#[test]
fn inv_16_refresh_against_revocation_of_the_client() {
    race(|auth, _| {
        let _ = block_on(auth.revoke_client(&client("web"))).unwrap();
    });
}

/// A login races with a logout everywhere: it is either ended by it, or it is a login after it.
#[test]
fn issue_against_revocation_of_the_subject() {
    let auth = TestAuthority::new();
    for _ in 0..200 {
        let auth = &auth;
        let mut jobs: Vec<Box<dyn FnOnce() -> Option<Issued> + Send>> = vec![Box::new(move || {
            let _ = block_on(auth.revoke_subject(&ada())).unwrap();
            None
        })];
        for _ in 0..3 {
            jobs.push(Box::new(move || Some(block_on(login(auth)))));
        }
        for issued in at_once(jobs).into_iter().flatten() {
            let access = block_on(is_live(auth, &issued));
            let refresh = block_on(auth.refresh(issued.refresh_token())).is_ok();
            assert_eq!(access, refresh, "both tokens live, or none");
        }
        let _ = block_on(auth.revoke_subject(&ada())).unwrap();
    }
}
