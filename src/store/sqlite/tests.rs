//! Knows what only the inside of this engine can be asked: every statement, and how it finds rows.
//! Must not know the contract: `tests/store_sqlite` holds that.
