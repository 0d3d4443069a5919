//! Knows how the decision path reads requests.
//! Must not know a framework.
