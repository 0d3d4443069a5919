//! A small authorization server that could be deployed.
use std::{env, io::Read as _, process::ExitCode};

mod args;
mod config;
mod password;

use args::{Args, Task, USAGE};

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Args::read(env::args().skip(1)) {
        Ok(args) => run(&args).await,
        Err(why) => Err(why.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<(), Box<dyn std::error::Error>> {
    match args.task {
        Task::Help => println!("{USAGE}"),
        Task::HashPassword => {
            let mut password = String::new();
            std::io::stdin().read_to_string(&mut password)?;
            println!("{}", password::hash(password.trim_end_matches(['\n', '\r']))?);
        }
        Task::Check => {
            let config = config::read(&args.config)?;
            println!(
                "{}: {} clients, {} users: all is well",
                args.config.display(),
                config.clients.len(),
                config.users.len()
            );
        }
        Task::Serve | Task::RotateNow => drop(config::read(&args.config)?),
    }
    Ok(())
}
