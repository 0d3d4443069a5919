//! Knows what is broken, and that all is well again.
//! Must not know what anybody expects meanwhile.

use std::{fmt, sync::Arc, time::Duration};

use http::header;

use crate::{
    dice::Dice,
    engine::Engine,
    instance::Instance,
    session::parts,
    web::{Request, Web},
};

const NIGHTLY_SECRET: &str = "demo-secret-of-nightly-report-change-me";
/// How long everything may take to come back.
const RECOVERY: u32 = 600;

/// What may break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `kill -9`, and a start.
    Kill,
    /// It stands still, and goes on as if nothing had been.
    Stop,
    /// The store's server dies and starts anew.
    Restart,
    /// All connections to the store are cut; or the lock of a file is held.
    Cut,
}

impl Fault {
    pub(crate) const fn counted(self) -> &'static str {
        match self {
            Self::Kill => "faults: an instance killed",
            Self::Stop => "faults: an instance stood still",
            Self::Restart => "faults: the store restarted",
            Self::Cut => "faults: the store's connections cut, or its lock held",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.counted())
    }
}

/// Both instances and their store.
pub(crate) struct Plant {
    pub(crate) instances: [Instance; 2],
    pub(crate) engine: Engine,
    pub(crate) web: Arc<Web>,
}

impl Plant {
    /// Breaks something and mends it. Instances are killed in the first half of a run only, so
    /// that it can be seen whether they grow.
    pub(crate) async fn fault(&mut self, dice: &mut Dice, may_kill: bool) -> Result<(), String> {
        let mut faults = vec![Fault::Stop, Fault::Cut];
        if may_kill {
            faults.extend([Fault::Kill, Fault::Kill]);
        }
        if self.engine.can_restart() {
            faults.push(Fault::Restart);
        }
        let fault = faults[dice.index(faults.len())];
        let which = dice.index(2);
        self.web.report.count(fault.counted());
        self.web.report.fault_begins();
        match fault {
            Fault::Kill => {
                self.instances[which].kill();
                tokio::time::sleep(dice.millis(100, 1500)).await;
                tokio::task::block_in_place(|| self.instances[which].start())?;
            }
            Fault::Stop => {
                self.instances[which].signal("STOP");
                tokio::time::sleep(dice.millis(500, 7000)).await;
                self.instances[which].signal("CONT");
            }
            Fault::Restart => tokio::task::block_in_place(|| self.engine.restart())?,
            Fault::Cut => self.engine.cut().await?,
        }
        self.recovered().await?;
        self.web.report.fault_ends();
        Ok(())
    }

    /// Waits until both instances know the time, the store, and each other's keys.
    pub(crate) async fn recovered(&self) -> Result<(), String> {
        let began = self.web.clock.now();
        for _ in 0..RECOVERY {
            if self.is_well(0, began).await && self.is_well(1, began).await {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err("the instances have not recovered for a minute".to_owned())
    }

    /// Whether one issues a token with the present time, and both take it.
    async fn is_well(&self, at: usize, began: u64) -> bool {
        let ask = Request::post("/token")
            .field("grant_type", "client_credentials")
            .field("client_id", "nightly-report")
            .field("client_secret", NIGHTLY_SECRET);
        let Some(answer) = self.web.probe(at, &ask).await else { return false };
        let token = answer.json()["access_token"].as_str().unwrap_or_default().to_owned();
        let Some((_, claims)) = parts(&token) else { return false };
        if claims["iat"].as_u64().unwrap_or_default() < began / 1000 {
            return false;
        }
        let use_it = Request::get("/api/reports");
        let use_it = use_it.header(header::AUTHORIZATION, format!("Bearer {token}"));
        for instance in 0..2 {
            let answer = self.web.probe(instance, &use_it).await;
            if answer.is_none_or(|answer| answer.status != 200) {
                return false;
            }
        }
        true
    }

    /// What the instances said that they had no reason to say.
    pub(crate) fn listen(&self) {
        for (number, instance) in self.instances.iter().enumerate() {
            for (at, line) in instance.said() {
                let from = at.checked_sub(Duration::from_secs(1)).unwrap_or(at);
                if line.starts_with("unavailable: ") && self.web.report.is_excused(from, at) {
                    self.web.report.count("lines about the store in a fault");
                } else {
                    self.web.report.violation(format!("instance {number} said: {line}"));
                }
            }
        }
    }
}
