//! THE RUN: people at two instances, faults, and a clock that skips hours between.
//! Must not know what one request has to be answered.

use std::{
    fs,
    time::{Duration, Instant},
};

use crate::{
    clock::MovedClock,
    dice::Dice,
    engine::{Engine, TABLES},
    faults::Plant,
    instance::Instance,
    machine::Machine,
    memory::growth,
    person::Person,
    process::{Config, DEMO, example, free_address},
    session::{ABSOLUTE, HOUR},
    web::Web,
};

/// How a run is.
pub(crate) struct Plan {
    pub(crate) engine: String,
    pub(crate) length: Duration,
    /// How long people act before the clock moves.
    pub(crate) phase: Duration,
    pub(crate) people: usize,
    pub(crate) seed: u64,
    pub(crate) is_deceived: bool,
}

/// By how much an instance may grow in a second, in kilobytes, once it is warm: 8 MiB in an hour.
const GROWTH: f64 = 8.0 * 1024.0 / 3600.0;
/// What a straight line through a short run says without meaning it, in kilobytes.
const NOISE: f64 = 8.0 * 1024.0;
/// Less than so many seconds say nothing.
const WARM: f64 = 60.0;
/// How long revocation records live: the longest access token, leeway and skew.
const RETENTION: u64 = 25 * HOUR;

/// The demo's configuration, with lifetimes of hours and these people.
fn config(store: &str, people: usize) -> Config {
    let config = Config::new(&[
        ("store = \"sqlite:auth.db\"", &format!("store = \"{store}\"")),
        ("rotate_every = \"30d\"", "rotate_every = \"6h\""),
        ("idle = \"14d\"", "idle = \"8h\""),
        ("session = \"90d\"", "session = \"48h\""),
        ("attempts = 10", "attempts = 10000"),
    ]);
    let demo = fs::read_to_string(DEMO).unwrap();
    let hash = demo.lines().find(|line| line.starts_with("password_hash")).unwrap();
    let mut text = fs::read_to_string(&config.file).unwrap();
    for number in 0..people {
        text += &format!("\n[[user]]\nname = \"person-{number}\"\n{hash}\n");
    }
    fs::write(&config.file, text).unwrap();
    config
}

/// Runs it. The number of violations, and the table.
pub(crate) async fn run(plan: &Plan) -> Result<(u64, String), String> {
    let dir = tempfile::tempdir().map_err(|why| why.to_string())?;
    let engine = Engine::new(&plan.engine, dir.path()).await;
    let config = config(&engine.url(), plan.people);
    let clock = MovedClock::new(dir.path().join("clock"));
    let addresses = [free_address(), free_address()];
    let program = example("auth_server");
    let mut instances = addresses
        .clone()
        .map(|address| Instance::new(&program, &config.file, clock.file(), address));
    for instance in &mut instances {
        instance.start()?;
    }
    let web = Web::new(addresses, clock);
    let _machine = Machine::watch(dir.path(), web.clone()).map_err(|why| why.to_string())?;
    let mut plant = Plant { instances, engine, web };
    let mut people = people(plan, &plant);
    let done = live(plan, &mut plant, &mut people).await;
    if done.is_ok() {
        last_day(&plant, &mut people).await;
        grown(&plant);
        plant.listen();
    }
    plant.engine.remove().await;
    done.map(|()| (plant.web.report.violations(), plant.web.report.table()))
}

fn people(plan: &Plan, plant: &Plant) -> Vec<Person> {
    let mut dice = Dice::new(plan.seed);
    (0..plan.people)
        .map(|number| {
            let own = Dice::new(dice.below(u64::MAX));
            let mut person = Person::new(format!("person-{number}"), plant.web.clone(), own);
            person.is_deceived = plan.is_deceived;
            person
        })
        .collect()
}

async fn live(plan: &Plan, plant: &mut Plant, people: &mut Vec<Person>) -> Result<(), String> {
    let (began, mut dice) = (Instant::now(), Dice::new(plan.seed ^ 0xFA17));
    let (mut phases, mut most) = (0_u32, [0; 4]);
    plant.recovered().await?;
    // The last phase is without a fault, and nothing has time to expire after it.
    let mut is_last = false;
    while !is_last {
        is_last = began.elapsed() >= plan.length;
        let until = Instant::now() + plan.phase;
        let tasks: Vec<_> =
            people.drain(..).map(|person| tokio::spawn(person.live(until))).collect();
        if phases % 3 > 0 && !is_last {
            tokio::time::sleep(dice.millis(100, 900)).await;
            plant.fault(&mut dice, began.elapsed() < plan.length / 2).await?;
        }
        for task in tasks {
            people.push(task.await.map_err(|why| why.to_string())?);
        }
        // What was sent to an instance that stood still is read by now.
        tokio::time::sleep(Duration::from_millis(300)).await;
        plant.instances.iter_mut().for_each(Instance::measure);
        plant.listen();
        let rows = bounded(plant, people).await?;
        most = std::array::from_fn(|at| rows[at].max(most[at]));
        phases += 1;
        if !is_last {
            plant.web.clock.step(step(&mut dice));
            plant.recovered().await?;
        }
    }
    let report = &plant.web.report;
    let hours = plant.web.clock.passed().as_secs() / 3600;
    report.figure("seed", plan.seed.to_string());
    report.figure("store", plan.engine.clone());
    report.figure("took", format!("{:.0?}, {phases} phases", began.elapsed()));
    report.figure("by the instances' clock", format!("{hours} hours"));
    for (rows, table) in most.iter().zip(TABLES) {
        report.figure(&format!("most rows of {table}"), rows.to_string());
    }
    Ok(())
}

/// Seconds, minutes or hours.
fn step(dice: &mut Dice) -> Duration {
    match dice.below(100) {
        0..20 => dice.millis(1_000, 61_000),
        20..80 => dice.millis(61_000, 45 * 60_000),
        80..96 => dice.millis(45 * 60_000, 5 * HOUR),
        _ => dice.millis(5 * HOUR, 13 * HOUR),
    }
}

/// Sessions are no more than were opened since the longest of them would have ended. What is due
/// goes within moments of a step.
async fn bounded(plant: &Plant, people: &[Person]) -> Result<[u64; 4], String> {
    let mut rows = [0; 4];
    let mut most = 0;
    for _ in 0..100 {
        let since = plant.web.clock.now() - ABSOLUTE - 60_000;
        let births = people.iter().flat_map(|person| &person.births);
        most = births.filter(|born| **born >= since).count() as u64;
        rows = plant.engine.rows().await?;
        if rows[0] <= most {
            return Ok(rows);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let found = rows[0];
    plant.web.report.violation(format!("{found} sessions are kept where at most {most} can be"));
    Ok(rows)
}

/// Every session has to be there or to be over, as the model has it; and when all deadlines have
/// passed, every row has to go.
async fn last_day(plant: &Plant, people: &mut [Person]) {
    let mut alive = 0;
    for person in &mut *people {
        person.is_deceived = false;
        for at in (0..person.held.len()).rev() {
            alive += u64::from(person.held[at].is_live(person.web.clock.now()));
            person.refresh(at, 0).await;
        }
        for at in 0..person.buried.len() {
            person.look_into(at).await;
        }
    }
    plant.web.report.figure("live at the end, and refreshed", alive.to_string());
    plant.web.clock.step(Duration::from_millis(ABSOLUTE + RETENTION + HOUR));
    for _ in 0..300 {
        if let Ok([0, 0, 0, 0]) = plant.engine.rows().await {
            return plant.web.report.figure("rows after the last deadline", "0".to_owned());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let left = plant.engine.rows().await;
    plant.web.report.violation(format!("rows are left after every deadline: {TABLES:?} {left:?}"));
}

/// Whether the instances grow.
fn grown(plant: &Plant) {
    for (number, instance) in plant.instances.iter().enumerate() {
        let Some(growth) = growth(&instance.grown) else { continue };
        let (from, by) = (growth.from / 1024.0, growth.by / 1024.0);
        let told = format!("{from:.1} MiB, {by:+.2} MiB in {:.0} s after warming up", growth.over);
        plant.web.report.figure(&format!("resident memory of instance {number}"), told.clone());
        // Soon after a start everything grows.
        if growth.over > WARM && growth.by > NOISE.max(GROWTH * growth.over) {
            plant.web.report.violation(format!("instance {number} grows: {told}"));
        }
    }
}
