//! What holds for any bytes and any chunks, and for everything that was ever recorded.

#[cfg(test)]
mod anthropic;
#[cfg(test)]
mod decoding;
#[cfg(test)]
mod metering;
#[cfg(test)]
mod mutation;
#[cfg(test)]
mod openai_decode;
#[cfg(test)]
mod openai_encode;
#[cfg(test)]
mod openai_responses;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod recordings;
#[cfg(test)]
mod support;
