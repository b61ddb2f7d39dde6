//! The service as its clients see it: the real router behind a real socket, the simulator in Google's place.

mod support;

mod binary;
mod bodies;
mod credentials;
mod crowd;
mod documents;
mod faults;
mod front;
mod keys;
mod native;
mod recordings;
mod silence;
mod streams;
