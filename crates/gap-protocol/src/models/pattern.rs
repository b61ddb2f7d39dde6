//! Patterns of model names.

/// How many letters of `pattern` stand in `name` as they are, if it matches; `*` stands for any letters, also none.
pub(super) fn matches(pattern: &str, name: &str) -> Option<usize> {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let mut rest = name.strip_prefix(first)?;
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty().then_some(pattern.len());
    };
    for piece in pieces {
        let at = rest.find(piece)?;
        rest = rest.get(at + piece.len()..)?;
    }
    rest.ends_with(last).then(|| pattern.chars().filter(|c| *c != '*').count())
}
