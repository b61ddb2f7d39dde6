//! Patterns of model names.

/// A pattern, and whose it is.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) text: String,
    /// The family's name.
    pub(super) family: String,
}

impl Pattern {
    /// How many letters it has that stand for themselves.
    pub(super) fn letters(&self) -> usize {
        self.text.len() - self.text.matches('*').count()
    }
}

/// How many letters of `pattern` stand in `name` as they are, if it matches; `*` stands for any letters, also none.
///
/// Every request is held against every pattern of the table, and most differ from the name before their first star.
pub(super) fn matches(pattern: &str, name: &str) -> Option<usize> {
    let is_same = |(letter, other): &(u8, u8)| letter == other && *letter != b'*';
    let same = pattern.bytes().zip(name.bytes()).take_while(is_same).count();
    match pattern.as_bytes().get(same) {
        None => return (same == name.len()).then_some(same),
        Some(b'*') => {}
        Some(_) => return None,
    }
    let (mut left, rest) = (name.get(same..)?, pattern.get(same + 1..)?);
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*') {
        let at = left.find(piece)?;
        left = left.get(at + piece.len()..)?;
    }
    left.ends_with(last).then(|| pattern.len() - pattern.matches('*').count())
}
