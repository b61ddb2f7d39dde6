use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::json;

fn cleaned(schema: &Value) -> Value {
    clean(schema).schema
}

// wire 54: references are written out, never deleted.
#[test]
fn references_are_replaced_by_what_they_name() {
    let schema = json!({
        "type": "object",
        "properties": {
            "home": {"$ref": "#/$defs/Address", "description": "where they live"},
            "work": {"anyOf": [{"$ref": "#/definitions/Address"}, {"type": "null"}], "default": null}
        },
        "$defs": {"Address": {"type": "object", "description": "an address", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
    });
    assert_eq!(
        cleaned(&schema),
        json!({"type": "OBJECT", "propertyOrdering": ["home", "work"], "properties": {
            "home": {"type": "OBJECT", "description": "where they live", "properties": {"city": {"type": "STRING"}}, "required": ["city"]},
            "work": {"type": "OBJECT", "description": "an address", "properties": {"city": {"type": "STRING"}}, "required": ["city"], "nullable": true}
        }})
    );
}

// litellm sends these to Anthropic's API.
#[test]
fn references_without_their_sign_are_followed_and_unsound() {
    let schema = json!({
        "type": "object",
        "properties": {"pets": {"type": "array", "items": {"anyOf": [{"$ref": "/$defs/Cat"}, {"type": "string"}]}}},
        "$defs": {"Cat": {"type": "object", "properties": {"lives": {"type": "integer"}}}},
    });
    let text = schema.to_string();
    assert!(!is_sound(&json::parse(text.as_bytes()).unwrap()));
    let items = &cleaned(&schema)["properties"]["pets"]["items"];
    assert_eq!(items["anyOf"][0]["properties"]["lives"]["type"], "INTEGER", "{items}");
}

#[test]
fn a_reference_into_itself_ends_in_words() {
    let schema = json!({
        "$ref": "#/$defs/Node",
        "$defs": {"Node": {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/Node"}}}}}
    });
    assert_eq!(
        cleaned(&schema)["properties"]["children"]["items"],
        json!({"type": "OBJECT", "description": "another Node, of the same form"})
    );
    // To the root, and to nothing.
    assert_eq!(
        cleaned(&json!({"type": "object", "properties": {"again": {"$ref": "#"}}}))["properties"]["again"]["properties"]
            ["again"]["description"],
        "another #, of the same form"
    );
    assert_eq!(cleaned(&json!({"$ref": "#/$defs/Nothing"})), json!({"type": "OBJECT", "description": "a Nothing"}));
    assert_eq!(cleaned(&json!({"$ref": "https://x.test/y.json"}))["type"], "OBJECT");
}

#[test]
fn references_that_multiply_are_bounded() {
    let mut definitions = Map::new();
    for index in 0..30 {
        let next = format!("#/$defs/d{}", index + 1);
        let pair = json!({"type": "object", "properties": {"a": {"$ref": next}, "b": {"$ref": next}}});
        definitions.insert(format!("d{index}"), pair);
    }
    let text = cleaned(&json!({"$ref": "#/$defs/d0", "$defs": definitions})).to_string();
    assert!(text.len() < 1_000_000, "{}", text.len());
    let chain =
        json!({"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}});
    cleaned(&chain);
    cleaned(&json!({"allOf": [{"$ref": "#"}]}));
}

// wire 54, 55, 56, 57, 58, 59
#[test]
fn keywords_become_their_nearest_relatives() {
    let cases = [
        (json!({"const": "on"}), json!({"type": "STRING", "format": "enum", "enum": ["on"]})),
        (json!({"type": ["string", "null"]}), json!({"type": "STRING", "nullable": true})),
        (
            json!({"type": ["string", "integer"], "description": "either"}),
            json!({"description": "either", "anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]}),
        ),
        (
            json!({"oneOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]}),
            json!({"anyOf": [{"type": "STRING"}, {"type": "NUMBER"}], "nullable": true}),
        ),
        (
            json!({"allOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}, {"properties": {"b": {"type": "boolean"}}, "required": ["b"]}]}),
            json!({"type": "OBJECT", "propertyOrdering": ["a", "b"], "properties": {"a": {"type": "STRING"}, "b": {"type": "BOOLEAN"}}, "required": ["a", "b"]}),
        ),
        (json!({"type": "array"}), json!({"type": "ARRAY", "items": {"type": "STRING"}})),
        (
            json!({"type": "array", "prefixItems": [{"type": "number"}, {"type": "number"}], "items": false}),
            json!({"type": "ARRAY", "description": "2 items, in this order", "items": {"type": "NUMBER"}}),
        ),
        (
            json!({"type": "string", "format": "uuid", "description": "the id"}),
            json!({"type": "STRING", "description": "the id (format: uuid)"}),
        ),
        (json!({"type": "string", "format": "date-time"}), json!({"type": "STRING", "format": "date-time"})),
        (json!({"type": "integer", "exclusiveMinimum": 0}), json!({"type": "INTEGER", "minimum": 1})),
        (
            json!({"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5}),
            json!({"type": "NUMBER", "description": "exclusiveMinimum: 0 (multipleOf: 0.5)"}),
        ),
        (
            json!({"properties": {"a": {"type": "String"}}, "required": ["a", "ghost"], "additionalProperties": false, "$schema": "x", "x-order": 1}),
            json!({"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "required": ["a"]}),
        ),
        // Draft 3, and a map of properties without its wrapping.
        (
            json!({"type": "object", "properties": {"a": {"type": "string", "required": true}, "b": {"type": "string", "required": false}}}),
            json!({"type": "OBJECT", "propertyOrdering": ["a", "b"], "properties": {"a": {"type": "STRING"}, "b": {"type": "STRING"}}, "required": ["a"]}),
        ),
        (
            json!({"city": {"type": "string"}, "type": {"type": "string"}}),
            json!({"type": "OBJECT", "propertyOrdering": ["city", "type"], "properties": {"city": {"type": "STRING"}, "type": {"type": "STRING"}}}),
        ),
        (
            json!({"enum": ["a", "", null, "a"]}),
            json!({"type": "STRING", "format": "enum", "enum": ["a"], "nullable": true}),
        ),
        (json!(true), json!({"type": "STRING", "description": "any value"})),
    ];
    for (schema, expected) in cases {
        assert_eq!(cleaned(&schema), expected, "{schema}");
    }
}

// wire 55
#[test]
fn enumerations_of_numbers_become_strings_and_are_remembered() {
    let schema = json!({"type": "object", "properties": {
        "level": {"type": "integer", "enum": [1, 2]},
        "rows": {"type": "array", "items": {"type": "object", "properties": {"on": {"enum": [true]}}}},
        "mixed": {"enum": [1, "1"]},
        "name": {"enum": ["1"]}
    }});
    let Cleaned { schema, restore } = clean(&schema);
    assert_eq!(schema["properties"]["level"], json!({"type": "STRING", "format": "enum", "enum": ["1", "2"]}));
    let some = |key: &str| Some(key.to_owned());
    assert_eq!(restore, [Restore(vec![some("level")]), Restore(vec![some("rows"), None, some("on")])]);
}

// wire 52
#[test]
fn a_schema_that_asks_for_nothing_is_left_out() {
    let empty = |text: &str| is_empty(&json::parse(text.as_bytes()).unwrap());
    for text in [
        "null",
        "{}",
        r#"{"type":"object"}"#,
        r#"{"type":"object","properties":{}}"#,
        r#"{"$schema":"x","type":"object","properties":{},"required":[],"additionalProperties":false}"#,
    ] {
        assert!(empty(text), "{text}");
    }
    for text in [r#"{"type":"string"}"#, r#"{"properties":{"a":{}}}"#, r##"{"$ref":"#/x"}"##, "[]", "7"] {
        assert!(!empty(text), "{text}");
    }
}

// wire 57
#[test]
fn broken_schemas_are_told_from_sound_ones() {
    let sound = |text: &str| is_sound(&json::parse(text.as_bytes()).unwrap());
    for text in [
        r#"{"type":"object","properties":{"a":{"type":["string","null"]},"b":true}}"#,
        r##"{"$ref":"#/$defs/A","$defs":{"A":{"type":"object","required":["x"]}}}"##,
        r#"{"type":"object","properties":{"required":{"type":"boolean"},"type":{"type":"string"}}}"#,
    ] {
        assert!(sound(text), "{text}");
    }
    for text in [
        "[]",
        "true",
        r#"{"city":{"type":"string"}}"#,
        r#"{"type":"object","properties":{"a":{"type":"string","required":true}}}"#,
        r#"{"type":"object","properties":{"a":{"type":"str"}}}"#,
        r#"{"type":"object","properties":[]}"#,
    ] {
        assert!(!sound(text), "{text}");
    }
}

fn any_schema() -> impl Strategy<Value = Value> {
    let keyword = prop::sample::select(vec![
        "type",
        "properties",
        "items",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "$defs",
        "enum",
        "const",
        "required",
        "format",
        "minimum",
        "description",
        "nullable",
        "prefixItems",
        "additionalProperties",
        "not",
        "default",
        "a",
        "b",
    ]);
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i8>().prop_map(Value::from),
        prop::sample::select(vec!["string", "object", "array", "integer", "null", "#/$defs/a", "#/$defs/b", "#", "x"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((keyword.clone(), inner), 0..6)
                .prop_map(|members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

/// Whether a value has nothing but what Google's `Schema` has.
fn assert_is_schema(schema: &Value) {
    const FIELDS: &[&str] = &[
        "type",
        "format",
        "description",
        "nullable",
        "enum",
        "items",
        "minItems",
        "maxItems",
        "properties",
        "required",
        "propertyOrdering",
        "minProperties",
        "maxProperties",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "pattern",
        "anyOf",
    ];
    let object = schema.as_object().unwrap();
    for key in object.keys() {
        assert!(FIELDS.contains(&key.as_str()), "{key} in {schema}");
    }
    assert!(object.contains_key("type") != object.contains_key("anyOf"), "{schema}");
    if let Some(values) = schema.get("enum") {
        assert!(
            schema["type"] == "STRING"
                && values.as_array().unwrap().iter().all(|value| value.is_string() && value != "")
        );
    }
    if schema["type"] == "ARRAY" {
        assert_is_schema(&schema["items"]);
    }
    for alternative in schema.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
        assert_is_schema(alternative);
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        assert!(properties.unwrap().contains_key(name.as_str().unwrap()));
    }
    properties.into_iter().flatten().for_each(|(_, schema)| assert_is_schema(schema));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn anything_becomes_a_schema(schema in any_schema()) {
        assert_is_schema(&cleaned(&schema));
        let text = schema.to_string();
        let node = json::parse(text.as_bytes()).unwrap();
        let _ = (is_empty(&node), is_sound(&node));
    }
}
