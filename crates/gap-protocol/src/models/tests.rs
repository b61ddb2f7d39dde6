use super::*;

fn table() -> ModelTable {
    ModelTable::built_in().unwrap()
}

fn levels(model: &str) -> Vec<&'static str> {
    match &table().find(model).thinking {
        Thinking::Level { levels } => levels.iter().map(|level| level.as_str()).collect(),
        other => panic!("{model} thinks by {other:?}"),
    }
}

// wire 82
#[test]
fn budgets_are_those_of_the_model() {
    let budget = |model: &str| match table().find(model).thinking {
        Thinking::Budget { min, max, off, .. } => (min, max, off),
        ref other => panic!("{model} thinks by {other:?}"),
    };
    assert_eq!(budget("gemini-2.5-flash"), (1, 24576, true));
    assert_eq!(budget("gemini-2.5-flash-preview-09-2025"), (1, 24576, true));
    assert_eq!(budget("gemini-2.5-flash-lite"), (512, 24576, true));
    assert_eq!(budget("gemini-2.5-pro-preview-06-05"), (128, 32768, false));
}

// wire 83
#[test]
fn levels_are_those_of_the_model() {
    assert_eq!(levels("gemini-3-pro-preview"), ["low", "high"]);
    assert_eq!(levels("gemini-3.1-pro-preview-customtools"), ["low", "medium", "high"]);
    for model in
        ["gemini-3-flash-preview", "gemini-3.5-flash-lite", "gemini-3.6-flash", "gemini-4-flash", "gemini-flash-latest"]
    {
        assert_eq!(levels(model), ["minimal", "low", "medium", "high"], "{model}");
    }
}

#[test]
fn special_models_are_not_taken_for_their_plain_sisters() {
    let table = table();
    let family = |model: &str| table.find(model).name.clone();
    assert_eq!(family("gemini-2.5-flash-image"), "gemini-2-5-image");
    assert_eq!(family("gemini-2.5-flash-preview-tts"), "gemini-2-5-tts");
    assert_eq!(family("gemini-2.5-pro-preview-tts"), "gemini-2-5-tts");
    assert_eq!(family("gemini-3-pro-image-preview"), "gemini-3-pro-image");
    assert_eq!(family("gemini-3.1-flash-lite-image"), "gemini-3-image");
    assert_eq!(family("gemini-3.1-flash-tts-preview"), "gemini-3-tts");
    assert_eq!(family("gemini-embedding-2-preview"), "embedding-2");
    assert_eq!(family("gemma-3-27b-it"), "gemma-3");
    assert_eq!(family("gpt-5"), "unknown");
    assert_eq!(family(""), "unknown");
}

#[test]
fn names_are_asked_for_without_their_prefix() {
    let table = table();
    for asked in ["models/gemini-2.5-flash", "google/gemini-2.5-flash", " gemini-2.5-flash "] {
        assert_eq!(table.resolve(asked), "gemini-2.5-flash");
    }
}

#[test]
fn an_override_replaces_keys_and_adds_families() {
    let over = r#"
        [families.gemini-2-5-pro]
        thinking = { kind = "level", levels = ["low"] }
        [families.house]
        base = "gemini-3-flash"
        names = ["gemini-9-house"]
        aliases = ["gpt-4o", "our-model"]
        output_tokens = 7
    "#;
    let table = table().overridden_by(over).unwrap();
    let pro = table.find("gemini-2.5-pro");
    assert_eq!(pro.thinking, Thinking::Level { levels: vec![ThinkingLevel::Low] });
    assert_eq!(pro.input_tokens, 1_048_576, "other keys stay");
    assert_eq!(table.resolve("gpt-4o"), "gemini-9-house");
    let house = table.find("gemini-9-house");
    assert_eq!((house.output_tokens, house.signatures), (7, true));
    // A second override lies over the first.
    let table = table.overridden_by("[families.house]\noutput_tokens = 8").unwrap();
    assert_eq!(table.find("gemini-9-house").output_tokens, 8);
}

#[test]
fn mistakes_are_named() {
    let fault = |text: &str| table().overridden_by(text).unwrap_err().to_string();
    let unknown = fault("[families.gemini-2-5-pro]\n\nthinkin = 1");
    assert!(unknown.contains("thinkin") && unknown.contains("line 3"), "{unknown}");
    assert!(fault("[family.x]").contains("family"), "{}", fault("[family.x]"));
    assert!(fault("[families.x]\ninput = [\"smell\"]").contains("smell"));
    assert!(fault("[families.x").contains("line 1"));
    assert!(fault("[families.x]\nnames = [\"x\"]").contains("families.x: missing field"));
    assert!(fault("[families.x]\nbase = \"nobody\"").contains("nobody"));
    assert!(fault("[families.unknown]\nbase = \"gemini-3-flash\"").contains("leads back"));
    assert!(fault("[families.x]\nbase = \"unknown\"\naliases = [\"y\"]").contains("aliases"));
    let unsorted = "[families.x]\nbase = \"unknown\"\nthinking = { kind = \"level\", levels = [\"high\", \"low\"] }";
    assert!(fault(unsorted).contains("lowest"));
    let inverted = "[families.x]\nbase = \"unknown\"\nthinking = { kind = \"budget\", min = 9, max = 1, off = true, dynamic = true }";
    assert!(fault(inverted).contains("thinking.min"));
}

#[test]
fn patterns_match_whole_names() {
    let cases = [
        ("gemini-*", "gemini-x", Some(7)),
        ("gemini-*", "my-gemini-x", None),
        ("gemini-*-tts*", "gemini-2.5-flash-tts-preview", Some(11)),
        ("gemini-*-tts*", "gemini-2.5-flash", None),
        ("*", "", Some(0)),
        ("a", "a", Some(1)),
        ("a", "ab", None),
        ("a*b", "ab", Some(2)),
        ("a*b", "abx", None),
        ("ab", "a", None),
        ("a*b*c", "axcxb", None),
        ("ab*ba", "aba", None),
        ("a*", "a*", Some(1)),
        ("\u{e8}*", "\u{e9}", None),
        ("mod\u{e8}le*", "mod\u{e8}le-1", Some(7)),
    ];
    for (pattern, name, expected) in cases {
        assert_eq!(pattern::matches(pattern, name), expected, "{pattern} {name}");
    }
}
