use proptest::prelude::*;

use super::*;

/// Schemas of a few kinds, nested.
fn schemas() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "string", "minLength": 3, "maxLength": 5})),
        Just(json!({"type": "STRING", "enum": ["a", "b"]})),
        (-100_i64..100, 0_i64..50)
            .prop_map(|(low, more)| json!({"type": "integer", "minimum": low, "maximum": low + more})),
        (-100_i64..100, 0_i64..50)
            .prop_map(|(low, more)| json!({"type": "number", "minimum": low, "maximum": low + more})),
        Just(json!({"type": ["boolean", "null"]})),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|members| {
                let names = (0..members.len()).map(|index| format!("m{index}"));
                let required: Vec<String> = names.clone().collect();
                let properties: Map<String, Value> = names.zip(members).collect();
                json!({"type": "object", "properties": properties, "required": required})
            }),
            (inner.clone(), 0_u64..3, 0_u64..3).prop_map(|(items, least, more)| {
                json!({"type": "array", "items": items, "minItems": least, "maxItems": least + more})
            }),
            inner.prop_map(|choice| json!({"anyOf": [{"type": "null"}, choice]})),
        ]
    })
}

fn fits(schema: &Value, value: &Value) -> bool {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.contains(value);
    }
    if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
        return choices.iter().any(|choice| fits(choice, value));
    }
    let between =
        |number: f64| number >= schema["minimum"].as_f64().unwrap() && number <= schema["maximum"].as_f64().unwrap();
    match type_of(schema).unwrap().as_str() {
        "object" => {
            let properties = schema["properties"].as_object().unwrap();
            let value = value.as_object().unwrap();
            properties.len() == value.len() && properties.iter().all(|(name, property)| fits(property, &value[name]))
        }
        "array" => {
            let items = value.as_array().unwrap();
            let count = items.len() as u64;
            let bounds = schema["minItems"].as_u64().unwrap()..=schema["maxItems"].as_u64().unwrap();
            bounds.contains(&count) && items.iter().all(|item| fits(&schema["items"], item))
        }
        "integer" => value.is_i64() && between(value.as_f64().unwrap()),
        "number" => between(value.as_f64().unwrap()),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => (3..=5).contains(&value.as_str().unwrap().len()),
    }
}

proptest! {
    #[test]
    fn what_is_made_up_fits(schema in schemas(), seed in any::<u64>()) {
        let value = sample(&schema, &mut Dice::new(seed, &[]));
        prop_assert!(fits(&schema, &value), "{value} for {schema}");
    }

    /// Schemas that are nonsense end as well.
    #[test]
    fn nothing_loops_or_panics(
        low in any::<f64>(), high in any::<f64>(), least in any::<u64>(), most in any::<u64>(), step in any::<i64>(),
        kind in "object|array|integer|number|string|null|odd",
    ) {
        let schema = json!({
            "type": kind, "minimum": low, "maximum": high, "exclusiveMinimum": low, "multipleOf": step,
            "minItems": least, "maxItems": most, "minLength": most, "maxLength": least, "items": {"$ref": "#"},
            "properties": {"self": {"$ref": "#"}, "lost": {"$ref": "#/nowhere"}, "odd": {"allOf": [{"$ref": "#"}, {}]}},
            "required": ["self", "absent"],
        });
        sample(&schema, &mut Dice::new(1, &[]));
    }
}
