//! How much the model thinks.

use gap_protocol::call::Feature;
use serde_json::{Value, json};

use super::{Asked, ask};

fn config(asked: &Asked) -> Value {
    asked.body()["generationConfig"].get("thinkingConfig").cloned().unwrap_or_default()
}

fn effort(model: &str, effort: &str) -> Asked {
    ask(model, json!({"reasoning_effort": effort}))
}

// wire 82, 85
#[test]
fn efforts_become_budgets_within_the_range_of_the_model() {
    let cases = [
        ("gemini-2.5-flash", "none", json!({"thinkingBudget": 0}), 0),
        ("gemini-2.5-flash", "minimal", json!({"thinkingBudget": 1024, "includeThoughts": true}), 0),
        ("gemini-2.5-flash", "low", json!({"thinkingBudget": 1024, "includeThoughts": true}), 0),
        ("gemini-2.5-flash", "medium", json!({"thinkingBudget": 8192, "includeThoughts": true}), 0),
        ("gemini-2.5-flash", "high", json!({"thinkingBudget": 24576, "includeThoughts": true}), 0),
        ("gemini-2.5-flash", "xhigh", json!({"thinkingBudget": 24576, "includeThoughts": true}), 0),
        ("gemini-2.5-pro", "xhigh", json!({"thinkingBudget": 32768, "includeThoughts": true}), 0),
        // It cannot be off: the minimum, and a warning.
        ("gemini-2.5-pro", "none", json!({"thinkingBudget": 128}), 1),
        ("gemini-2.5-flash-lite", "none", json!({"thinkingBudget": 0}), 0),
    ];
    for (model, word, expected, warnings) in cases {
        let asked = effort(model, word);
        assert_eq!((config(&asked), asked.warnings().len()), (expected, warnings), "{model} {word}");
    }
}

// wire 83, 84
#[test]
fn efforts_become_the_nearest_level_of_models_that_have_levels() {
    let cases = [
        ("gemini-3-flash-preview", "minimal", "MINIMAL", 0),
        ("gemini-3-flash-preview", "medium", "MEDIUM", 0),
        ("gemini-3-flash-preview", "max", "HIGH", 0),
        ("gemini-3-pro-preview", "minimal", "LOW", 0),
        ("gemini-3-pro-preview", "medium", "HIGH", 0),
        ("gemini-3.1-pro-preview", "medium", "MEDIUM", 0),
        // A budget of zero would take the tools away as well.
        ("gemini-3-flash-preview", "none", "MINIMAL", 1),
        ("gemini-3-pro-preview", "none", "LOW", 1),
    ];
    for (model, word, level, warnings) in cases {
        let asked = effort(model, word);
        let config = config(&asked);
        assert_eq!((&config["thinkingLevel"], asked.warnings().len()), (&json!(level), warnings), "{model} {word}");
        assert_eq!(config.get("thinkingBudget"), None);
    }
}

#[test]
fn models_that_do_not_think_are_not_told_to() {
    for model in ["gemini-2.0-flash", "gemini-2.5-flash-image", "gemini-2.5-flash-preview-tts", "gpt-5"] {
        assert_eq!(config(&effort(model, "none")), Value::Null);
        let asked = effort(model, "high");
        assert_eq!((config(&asked), asked.warnings().len()), (Value::Null, 1), "{model}");
    }
    let fixed = effort("gemini-2.0-flash-thinking-exp", "high");
    assert_eq!(fixed.warnings(), ["reasoning_effort: has no effect: gemini-2.0-flash-thinking-exp thinks as it likes"]);
}

// wire 84: exactly one of budget and level, whichever way it is said.
#[test]
fn google_s_own_words_are_put_as_the_model_takes_them() {
    let own = |model: &str, thinking: Value| ask(model, json!({"google": {"thinking_config": thinking}}));
    let cases = [
        (
            "gemini-2.5-flash",
            json!({"thinking_budget": 2000}),
            json!({"thinkingBudget": 2000, "includeThoughts": true}),
            0,
        ),
        ("gemini-2.5-flash", json!({"thinkingBudget": -1, "includeThoughts": false}), json!({"thinkingBudget": -1}), 0),
        (
            "gemini-2.5-flash",
            json!({"thinking_budget": 99999}),
            json!({"thinkingBudget": 24576, "includeThoughts": true}),
            1,
        ),
        (
            "gemini-2.5-flash-lite",
            json!({"thinking_budget": 100}),
            json!({"thinkingBudget": 512, "includeThoughts": true}),
            1,
        ),
        (
            "gemini-2.5-flash",
            json!({"thinking_level": "low"}),
            json!({"thinkingBudget": 1024, "includeThoughts": true}),
            0,
        ),
        (
            "gemini-3-flash-preview",
            json!({"thinking_level": "HIGH"}),
            json!({"thinkingLevel": "HIGH", "includeThoughts": true}),
            0,
        ),
        (
            "gemini-3-flash-preview",
            json!({"thinking_budget": 5000}),
            json!({"thinkingLevel": "MEDIUM", "includeThoughts": true}),
            0,
        ),
        ("gemini-3-flash-preview", json!({"thinking_budget": 0}), json!({"thinkingLevel": "MINIMAL"}), 1),
        (
            "gemini-3-flash-preview",
            json!({"thinking_budget": -1, "include_thoughts": true}),
            json!({"includeThoughts": true}),
            0,
        ),
        ("gemini-3-flash-preview", json!({"include_thoughts": true}), json!({"includeThoughts": true}), 0),
        (
            "gemini-3-flash-preview",
            json!({"thinking_budget": 9, "thinking_level": "low"}),
            json!({"thinkingLevel": "LOW", "includeThoughts": true}),
            1,
        ),
        (
            "gemini-2.5-flash",
            json!({"thinking_budget": 900, "thinking_level": "high"}),
            json!({"thinkingBudget": 900, "includeThoughts": true}),
            1,
        ),
    ];
    for (model, thinking, expected, warnings) in cases {
        let asked = own(model, thinking.clone());
        assert_eq!((config(&asked), asked.warnings().len()), (expected, warnings), "{model} {thinking}");
    }
    let nested =
        ask("gemini-2.5-flash", json!({"extra_body": {"google": {"thinking_config": {"thinking_budget": 7}}}}));
    assert_eq!(config(&nested)["thinkingBudget"], 7);
}

#[test]
fn the_words_of_other_providers_are_understood() {
    let cases = [
        (json!({"reasoning": {"effort": "low"}}), json!({"thinkingBudget": 1024, "includeThoughts": true})),
        (json!({"reasoning": {"max_tokens": 3000, "exclude": true}}), json!({"thinkingBudget": 3000})),
        (json!({"reasoning": {"enabled": false}}), json!({"thinkingBudget": 0})),
        (
            json!({"thinking": {"type": "enabled", "budget_tokens": 3000}}),
            json!({"thinkingBudget": 3000, "includeThoughts": true}),
        ),
        (json!({"thinking": {"type": "disabled"}}), json!({"thinkingBudget": 0})),
    ];
    for (request, expected) in cases {
        assert_eq!(config(&ask("gemini-2.5-flash", request.clone())), expected, "{request}");
    }
}

#[test]
fn what_is_no_effort_is_refused_by_its_path() {
    let cases = [
        (json!({"reasoning_effort": "lots"}), "reasoning_effort: must be none, minimal"),
        (json!({"reasoning_effort": 7}), "reasoning_effort: must be a string"),
        (json!({"reasoning": "high"}), "reasoning: must be an object"),
        (
            json!({"google": {"thinking_config": {"thinking_budget": "x"}}}),
            "google.thinking_config.thinking_budget: must be an integer",
        ),
        (
            json!({"extra_body": {"google": {"thinking_config": {"thinking_level": "x"}}}}),
            "extra_body.google.thinking_config.thinking_level: must be none",
        ),
    ];
    for (request, expected) in cases {
        let refusal = ask("gemini-2.5-flash", request.clone()).refusal();
        assert!(refusal.starts_with(expected), "{request}: {refusal}");
    }
}

#[test]
fn what_was_refused_is_put_otherwise_or_left_out() {
    let learned =
        |model: &str, feature: Feature| effort(model, "low").with(|asked| asked.refused = asked.refused.with(feature));
    assert_eq!(config(&learned("gemini-3-flash-preview", Feature::ThinkingLevel))["thinkingBudget"], 1024);
    let budget = learned("gemini-2.5-flash", Feature::ThinkingBudget);
    assert_eq!((config(&budget), budget.warnings().len()), (json!({"includeThoughts": true}), 1));
    let all = learned("gemini-2.5-flash", Feature::Thinking);
    assert_eq!((config(&all), all.warnings().len()), (Value::Null, 1));
}

// wire 81
#[test]
fn thoughts_come_when_reasoning_is_asked_for_or_the_operator_wants_them() {
    assert_eq!(config(&ask("gemini-2.5-flash", json!({}))), Value::Null);
    let always = ask("gemini-2.5-flash", json!({})).with(|asked| asked.options.always_include_thoughts = true);
    assert_eq!(config(&always), json!({"includeThoughts": true}));
    let pointless = ask("gemini-2.0-flash", json!({})).with(|asked| asked.options.always_include_thoughts = true);
    assert_eq!(config(&pointless), Value::Null);
}

// wire 86
#[test]
fn the_limit_counts_thinking_unless_the_operator_says_otherwise() {
    let limit = |exclude: bool, request: Value| {
        let asked = ask("gemini-2.5-flash", request).with(|asked| asked.options.max_tokens_exclude_thinking = exclude);
        asked.body()["generationConfig"]["maxOutputTokens"].clone()
    };
    assert_eq!(limit(false, json!({"max_tokens": 100, "reasoning_effort": "low"})), 100);
    assert_eq!(limit(true, json!({"max_tokens": 100, "reasoning_effort": "low"})), 1124);
    assert_eq!(limit(true, json!({"max_tokens": 100, "reasoning_effort": "none"})), 100);
    assert_eq!(limit(true, json!({"max_tokens": 100})), 24676);
    assert_eq!(limit(true, json!({"max_tokens": 60000})), 65536);
}
