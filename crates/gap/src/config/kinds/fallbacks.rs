//! Models that stand in for others.

use super::{Kind, one};
use crate::config::document::Raw;

/// A model, and the one that is asked in its place when nobody can serve it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// The model.
    pub model: String,
    /// What stands in for it.
    pub instead: String,
}

/// `MODEL = OTHER`.
pub(in crate::config) struct Fallbacks;

impl Kind for Fallbacks {
    type Value = Fallback;

    fn takes(&self) -> String {
        "a model and the one to ask in its place, such as `gemini-2.5-pro = gemini-2.5-flash`".to_owned()
    }

    fn parse(&self, raw: &Raw) -> Result<Fallback, String> {
        let text = one(raw, self)?;
        let names = text.split_once('=').map(|(model, instead)| (name(model), name(instead)));
        let Some((model, instead)) = names.filter(|(model, instead)| is_name(model) && is_name(instead)) else {
            return Err(format!("takes {}", self.takes()));
        };
        if model == instead {
            return Err(format!("names {model} as its own fallback"));
        }
        Ok(Fallback { model: model.to_owned(), instead: instead.to_owned() })
    }
}

fn name(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix("models/").unwrap_or(text)
}

fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.chars().all(plain)
}

/// What is wrong with all of them together: a model with two, a circle, a way that is too long.
pub(in crate::config) fn fault_of(fallbacks: &[Fallback]) -> Option<String> {
    for (at, Fallback { model, .. }) in fallbacks.iter().enumerate() {
        if fallbacks.iter().take(at).any(|other| other.model == *model) {
            return Some(format!("names two fallbacks of {model}; one of them can have its own"));
        }
        let mut way = vec![model.as_str()];
        while let Some(next) = fallbacks.iter().find(|next| Some(&next.model.as_str()) == way.last()) {
            let leads_back = way.contains(&next.instead.as_str());
            way.push(&next.instead);
            if leads_back {
                return Some(format!("leads in a circle: {}", way.join(" = ")));
            }
            if way.len() > MOST + 1 {
                return Some(format!("leads from {model} over more than {MOST} models: {}", way.join(" = ")));
            }
        }
    }
    None
}

/// How many models may stand in, one after the other.
const MOST: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn fallback(text: &str) -> Fallback {
        Fallbacks.parse(&Raw::One(text.to_owned())).unwrap()
    }

    fn fault(texts: &[&str]) -> Option<String> {
        fault_of(&texts.iter().map(|text| fallback(text)).collect::<Vec<_>>())
    }

    #[test]
    fn names_are_read_with_and_without_their_folder() {
        assert_eq!(fallback("models/a=b"), fallback(" a =  models/b "));
        for wrong in ["a", "a = ", "= b", "a = b c", "a = b = c", "a/b = c", "a = a", "a = models/a"] {
            assert!(Fallbacks.parse(&Raw::One(wrong.to_owned())).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_way_ends() {
        assert_eq!(fault(&["a = b", "b = c", "x = c"]), None);
        assert_eq!(fault(&["a = b", "b = c", "c = a"]).unwrap(), "leads in a circle: a = b = c = a");
        assert_eq!(fault(&["x = a", "a = b", "b = a"]).unwrap(), "leads in a circle: x = a = b = a");
        assert!(fault(&["a = b", "a = c"]).unwrap().contains("two fallbacks of a"));
        assert_eq!(fault(&["a = b", "b = c", "c = d", "d = e"]), None);
        assert!(fault(&["a = b", "b = c", "c = d", "d = e", "e = f"]).unwrap().contains("more than 4 models"));
    }
}
