//! The service as its clients see it: the real router behind a real socket, the simulator in Google's place.

#[cfg(test)]
mod admin;
#[cfg(test)]
mod affinity;
#[cfg(test)]
mod support;
#[cfg(test)]
mod uploads;

#[cfg(test)]
mod answers;
#[cfg(test)]
mod anthropic;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod caches;
#[cfg(test)]
mod contexts;
#[cfg(test)]
mod conversations;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod fallback;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod front;
#[cfg(test)]
mod guests;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod live;
#[cfg(test)]
mod native;
#[cfg(test)]
mod openai;
#[cfg(test)]
mod operators;
#[cfg(test)]
mod owners;
#[cfg(test)]
mod packed;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod pool;
#[cfg(test)]
mod recordings;
#[cfg(test)]
mod secure;
#[cfg(test)]
mod silence;
#[cfg(test)]
mod streams;
