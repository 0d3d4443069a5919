//! Knows what time this server goes by: the system's.
//! Must not know what it is for.

pub(crate) use hallpass::clock::SystemClock as ServerClock;

/// The clock that everything here goes by.
pub(crate) fn server_clock() -> Result<ServerClock, std::io::Error> {
    Ok(ServerClock::new())
}
