//! Knows how rotations are sent to the server and what its answer means.
//! Must not know when several are taken together.

use std::collections::HashSet;

use tokio_postgres::Row;

use super::{
    Inner,
    error::Error,
    rows::{instant, millis, proof_text, session},
    run::Repeatable,
};
use crate::{
    clock::Timestamp,
    id::SessionId,
    store::{Granted, Refusal, RevocationRecord, RotateOutcome, Rotation, Target, decide},
};

/// Where the row's own columns begin in the answer.
const ROW: usize = 4;

impl Inner {
    /// Sends one rotation.
    pub(super) async fn rotate_one(
        &self,
        rotation: &Rotation,
        now: Timestamp,
    ) -> Result<RotateOutcome, Error> {
        let id = rotation.id.as_bytes().as_slice();
        let presented = i64::from(rotation.presented);
        let client = rotation.client.as_ref().map(|client| client.as_str());
        let proof = rotation.proof.as_ref().map(proof_text);
        let sealing_key = i16::from(rotation.sealing_key);
        let attempt = rotation.attempt.as_bytes().as_slice();
        let instant = millis(now);
        let rows = self
            .query(
                &self.statements.rotate_one,
                &[
                    &id,
                    &presented,
                    &client,
                    &proof,
                    &sealing_key,
                    &attempt,
                    &rotation.fast_forward,
                    &instant,
                ],
                // It recognises its own attempt.
                Repeatable::Yes,
            )
            .await?;
        let row = rows.first().ok_or(Error::Answer("no row for a rotation"))?;
        let (outcome, record) = answer(row, rotation, now)?;
        self.publish(record.as_slice());
        Ok(outcome)
    }

    /// Sends several rotations, of different sessions, and returns an answer for each, in their
    /// order. A command for which no row came back has no certain answer.
    pub(super) async fn rotate_many(
        &self,
        commands: &[(Rotation, Timestamp)],
    ) -> Result<Vec<Result<RotateOutcome, Error>>, Error> {
        debug_assert!(
            commands.iter().map(|(rotation, _)| rotation.id).collect::<HashSet<SessionId>>().len()
                == commands.len(),
            "one command per session"
        );
        let rotations = || commands.iter().map(|(rotation, _)| rotation);
        let ids: Vec<&[u8]> = rotations().map(|of| of.id.as_bytes().as_slice()).collect();
        let presented: Vec<i64> = rotations().map(|of| i64::from(of.presented)).collect();
        let clients: Vec<Option<&str>> =
            rotations().map(|of| of.client.as_ref().map(|client| client.as_str())).collect();
        let proofs: Vec<Option<String>> =
            rotations().map(|of| of.proof.as_ref().map(proof_text)).collect();
        let sealing_keys: Vec<i16> = rotations().map(|of| i16::from(of.sealing_key)).collect();
        let attempts: Vec<&[u8]> = rotations().map(|of| of.attempt.as_bytes().as_slice()).collect();
        let fast_forward: Vec<bool> = rotations().map(|of| of.fast_forward).collect();
        let instants: Vec<i64> = commands.iter().map(|(_, now)| millis(*now)).collect();
        let rows = self
            .query(
                &self.statements.rotate_many,
                &[
                    &ids,
                    &presented,
                    &clients,
                    &proofs,
                    &sealing_keys,
                    &attempts,
                    &fast_forward,
                    &instants,
                ],
                Repeatable::Yes,
            )
            .await?;
        let mut answers: Vec<Result<RotateOutcome, Error>> =
            commands.iter().map(|_| Err(Error::Answer("no row for a rotation"))).collect();
        let mut records = Vec::new();
        for row in &rows {
            let ord: i64 = row.try_get(0)?;
            let at = usize::try_from(ord - 1).unwrap_or(usize::MAX);
            let (Some((rotation, now)), Some(slot)) = (commands.get(at), answers.get_mut(at))
            else {
                continue;
            };
            *slot = answer(row, rotation, *now).map(|(outcome, record)| {
                records.extend(record);
                outcome
            });
        }
        self.publish(&records);
        Ok(answers)
    }
}

/// Reads one row of the answer: what `decide` says of the row as it was locked, provided that the
/// server decided the same and wrote what that asks for.
fn answer(
    row: &Row,
    rotation: &Rotation,
    now: Timestamp,
) -> Result<(RotateOutcome, Option<RevocationRecord>), Error> {
    let line: &str = row.try_get(1)?;
    let written: bool = row.try_get(2)?;
    let recorded_until: Option<i64> = row.try_get(3)?;
    let before = if line == "missing" { None } else { Some(session(row, ROW)?) };
    let decision = decide(before.as_ref(), rotation, now);
    if !agrees(line, &decision.outcome) || written != decision.write.is_some() {
        return Err(Error::Answer("the server's decision is not ours"));
    }
    let record = match (&decision.outcome, recorded_until) {
        (RotateOutcome::Reused(_), Some(until)) => Some(RevocationRecord {
            target: Target::Session(rotation.id),
            // A resend finds the end that its first sending wrote.
            not_before: match before.and_then(|before| before.state.ended) {
                Some((ended_at, _)) => ended_at,
                None => now,
            },
            expires_at: instant("expires_at", until)?,
        }),
        (RotateOutcome::Reused(_), None) => {
            return Err(Error::Answer("a reuse without its record"));
        }
        _ => None,
    };
    Ok((decision.outcome, record))
}

/// Whether the server's line of the table is the one of this outcome.
fn agrees(line: &str, outcome: &RotateOutcome) -> bool {
    use RotateOutcome as O;
    match outcome {
        O::Granted { how: Granted::Rotated { .. }, .. } => {
            matches!(line, "rotated" | "rotated_before")
        }
        O::Granted { how: Granted::Coalesced, .. } => matches!(line, "coalesced" | "confirmed"),
        O::Granted { how: Granted::Replayed, .. } => line == "replayed",
        O::Granted { how: Granted::Kept, .. } => matches!(line, "kept" | "slid"),
        O::Refused(Refusal::Ended(_)) => line == "ended",
        O::Refused(Refusal::Expired) => matches!(line, "expired" | "exhausted"),
        O::Refused(Refusal::Idle) => line == "idle",
        O::Refused(Refusal::OtherClient) => line == "other_client",
        O::Refused(Refusal::ClientRequired) => line == "client_required",
        O::Refused(Refusal::ProofRequired) => line == "proof_required",
        O::Refused(Refusal::ClockSkew { .. }) => line == "clock_skew",
        O::Reused(_) => matches!(line, "reused" | "reused_before"),
        O::StateRollback { row } => line == if row.is_some() { "rollback" } else { "missing" },
    }
}
