//! Octets in letters (RFC 4648, section 4).

/// The octets that `text` stands for.
pub fn decode(text: &str) -> Vec<u8> {
    let letters: Vec<u32> = text.bytes().filter(|letter| *letter != b'=').map(value).collect();
    let mut octets = Vec::with_capacity(letters.len() * 3 / 4);
    for group in letters.chunks(4) {
        let word = (0..4).fold(0, |word, at| (word << 6) | group.get(at).copied().unwrap_or(0));
        octets.extend(&word.to_be_bytes()[1..group.len()]);
    }
    octets
}

fn value(letter: u8) -> u32 {
    match letter {
        b'A'..=b'Z' => u32::from(letter - b'A'),
        b'a'..=b'z' => u32::from(letter - b'a') + 26,
        b'0'..=b'9' => u32::from(letter - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        _ => panic!("{:?} is no letter of base64", char::from(letter)),
    }
}
