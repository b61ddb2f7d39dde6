//! The pool from outside: recorded errors, damage, and long random lives.

#[cfg(test)]
mod life;
#[cfg(test)]
mod recordings;
