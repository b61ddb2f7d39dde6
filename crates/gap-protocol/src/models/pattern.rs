//! Patterns of model names.

/// How many letters of `pattern` stand in `name` as they are, if it matches; `*` stands for any letters, also none.
pub(super) fn matches(pattern: &str, name: &str) -> Option<usize> {
    let Some((first, rest)) = pattern.split_once('*') else {
        return (pattern == name).then_some(pattern.len());
    };
    let mut left = name.strip_prefix(first)?;
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*') {
        let at = left.find(piece)?;
        left = left.get(at + piece.len()..)?;
    }
    left.ends_with(last).then(|| pattern.len() - pattern.matches('*').count())
}
