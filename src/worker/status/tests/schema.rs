//! Holds JSON against a published schema, as far as those go: each keyword that is used there, and no other. It is
//! stricter than who reads the schema: what it does not list is a fault. The suites of tests/httpd use it, too.

use serde_json::Value;

/// A schema, such as docs/status.schema.json.
pub(crate) struct Schema(Value);

impl Schema {
    pub(crate) fn read(text: &str) -> Self {
        Self(serde_json::from_str(text).expect("JSON"))
    }

    /// The part of it that is called so.
    pub(crate) fn definition(&self, name: &str) -> &Value {
        &self.0["$defs"][name]
    }

    /// What does not fit in `value`.
    pub(crate) fn faults(&self, value: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        self.check(&self.0, value, "", &mut faults);
        faults
    }

    fn check(&self, schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
        for (keyword, rule) in schema.as_object().expect("a schema") {
            let fits = match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" | "format" => true,
                "$ref" => {
                    let name = rule.as_str().and_then(|path| path.strip_prefix("#/$defs/")).expect("a name");
                    self.check(self.definition(name), value, place, faults);
                    true
                }
                "type" => names(rule).iter().any(|kind| is_a(value, kind)),
                "const" => value == rule,
                "enum" => rule.as_array().expect("values").contains(value),
                "minimum" => value.is_null() || value.as_f64() >= rule.as_f64(),
                "anyOf" => rule.as_array().expect("schemas").iter().any(|schema| {
                    let mut faults = Vec::new();
                    self.check(schema, value, place, &mut faults);
                    faults.is_empty()
                }),
                "required" => names(rule).iter().all(|name| value.get(name).is_some()),
                "properties" => {
                    self.check_properties(rule, value, place, faults);
                    true
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(rule, item, &format!("{place}/{index}"), faults);
                    }
                    true
                }
                other => panic!("{other} is not understood here"),
            };
            if !fits {
                faults.push(format!("{place}: {value:.200} does not fit {keyword} {rule}"));
            }
        }
    }

    fn check_properties(&self, schemas: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let place = format!("{place}/{name}");
            match schemas.get(name) {
                Some(schema) => self.check(schema, value, &place, faults),
                None => faults.push(format!("{place} is not listed")),
            }
        }
    }
}

fn names(rule: &Value) -> Vec<&str> {
    match rule {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        name => name.as_str().into_iter().collect(),
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("{other} is no type"),
    }
}
