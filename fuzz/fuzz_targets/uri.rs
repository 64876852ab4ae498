//! A decoded URI: what is looked up is clean and stays so, and what is forwarded can't hide a delimiter.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mod_jk::mapping::{escape_proxy, normalise};

fuzz_target!(|uri: &[u8]| {
    let forwarded = escape_proxy(uri);
    assert!(forwarded.iter().all(|octet| octet.is_ascii_graphic() && !b"?#\"<>".contains(octet)));
    let Ok(clean) = normalise(uri) else { return };
    if clean.first() != Some(&b'/') {
        return;
    }
    assert!(!clean.contains(&b';'));
    for hidden in [&b"//"[..], b"/./", b"/../"] {
        assert!(!clean.windows(hidden.len()).any(|window| window == hidden));
    }
    assert_eq!(normalise(&clean).as_deref(), Ok(&*clean));
});
