//! Writes JSON in the order in which it is told, without building it first.

use std::fmt::Write;

/// An object that is being written.
pub(super) struct Object<'o> {
    out: &'o mut String,
    is_empty: bool,
}

/// A value without parts.
pub(super) trait Scalar {
    /// Appends it as JSON.
    fn write(&self, out: &mut String);
}

/// A whole text: one object.
pub(super) fn document(fill: impl FnOnce(&mut Object<'_>)) -> String {
    let mut out = String::new();
    braces(&mut out, fill);
    out.push('\n');
    out
}

fn braces(out: &mut String, fill: impl FnOnce(&mut Object<'_>)) {
    out.push('{');
    fill(&mut Object { out, is_empty: true });
    out.push('}');
}

impl Object<'_> {
    /// Adds a value.
    pub(super) fn value(&mut self, name: &str, value: impl Scalar) {
        self.name(name);
        value.write(self.out);
    }

    /// Adds an object.
    pub(super) fn object(&mut self, name: &str, fill: impl FnOnce(&mut Object<'_>)) {
        self.name(name);
        braces(self.out, fill);
    }

    /// Adds an object, or null where there is `None`.
    pub(super) fn object_or_null<T>(
        &mut self,
        name: &str,
        value: Option<T>,
        fill: impl FnOnce(&mut Object<'_>, T),
    ) {
        match value {
            Some(value) => self.object(name, |object| fill(object, value)),
            None => self.value(name, None::<u64>),
        }
    }

    /// Adds an array with an object for each of `items`.
    pub(super) fn array<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        fill: impl Fn(&mut Object<'_>, T),
    ) {
        self.name(name);
        self.out.push('[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            braces(self.out, |object| fill(object, item));
        }
        self.out.push(']');
    }

    fn name(&mut self, name: &str) {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(',');
        }
        name.write(self.out);
        self.out.push(':');
    }
}

macro_rules! plain {
    ($($kind:ident)*) => {$(
        impl Scalar for $kind {
            fn write(&self, out: &mut String) {
                let _ = write!(out, "{self}");
            }
        }
    )*};
}

plain! { bool u16 u32 u64 usize i32 i64 }

/// JSON knows no other numbers than finite ones.
impl Scalar for f64 {
    fn write(&self, out: &mut String) {
        let _ = if self.is_finite() { write!(out, "{self}") } else { write!(out, "null") };
    }
}

impl Scalar for str {
    fn write(&self, out: &mut String) {
        // Text of any content is JSON; what could fail is writing, and this is memory.
        out.push_str(&serde_json::to_string(self).unwrap_or_default());
    }
}

impl Scalar for String {
    fn write(&self, out: &mut String) {
        self.as_str().write(out);
    }
}

impl<T: Scalar + ?Sized> Scalar for &T {
    fn write(&self, out: &mut String) {
        (**self).write(out);
    }
}

impl<T: Scalar> Scalar for Option<T> {
    fn write(&self, out: &mut String) {
        match self {
            Some(value) => value.write(out),
            None => out.push_str("null"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_written() {
        let text = document(|object| {
            object.value("text", "a\"\\\n<\u{1}é");
            object.value("numbers", -1i64);
            object.value("float", 1.25);
            object.value("infinite", f64::INFINITY);
            object.value("none", None::<u64>);
            object.value("some", Some(true));
            object.object("empty", |_| {});
            object.array("list", [1u64, 2], |object, number| object.value("n", number));
            object.array("nothing", [0u64; 0], |_, _| {});
            object.object_or_null("missing", None::<u64>, |_, _| {});
            object.object_or_null("there", Some(7u64), |object, number| object.value("n", number));
        });
        assert_eq!(
            text,
            "{\"text\":\"a\\\"\\\\\\n<\\u0001é\",\"numbers\":-1,\"float\":1.25,\"infinite\":null,\"none\":null,\
             \"some\":true,\"empty\":{},\"list\":[{\"n\":1},{\"n\":2}],\"nothing\":[],\"missing\":null,\
             \"there\":{\"n\":7}}\n"
        );
    }
}
