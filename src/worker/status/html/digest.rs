//! SHA-256 in base64, computed by the compiler: by it a browser knows the page's own style and script
//! (FIPS 180-4, RFC 4648).

/// First 32 bits of the fractional parts of the cube roots of the first 64 primes.
const ROUNDS: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];

/// First 32 bits of the fractional parts of the square roots of the first 8 primes.
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// The digest of `text` as base64.
pub(super) const fn sha256(text: &[u8]) -> [u8; 44] {
    let mut state = START;
    // The text, one octet 0x80, zeros, and its length in bits fill whole blocks.
    let blocks = (text.len() + 9).div_ceil(64);
    let mut block = 0;
    while block < blocks {
        let mut octets = [0u8; 64];
        let mut at = 0;
        while at < 64 {
            octets[at] = padded(text, block * 64 + at, blocks * 64);
            at += 1;
        }
        state = compressed(state, &octets);
        block += 1;
    }
    base64(&state)
}

/// Octet `at` of the text filled up to `length`.
const fn padded(text: &[u8], at: usize, length: usize) -> u8 {
    if at < text.len() {
        text[at]
    } else if at == text.len() {
        0x80
    } else if at + 8 >= length {
        ((text.len() as u64 * 8) >> (8 * (length - 1 - at))) as u8
    } else {
        0
    }
}

const fn compressed(state: [u32; 8], block: &[u8; 64]) -> [u32; 8] {
    let mut words = [0u32; 64];
    let mut at = 0;
    while at < 16 {
        let from = at * 4;
        words[at] = u32::from_be_bytes([block[from], block[from + 1], block[from + 2], block[from + 3]]);
        at += 1;
    }
    while at < 64 {
        let (old, new) = (words[at - 15], words[at - 2]);
        let small0 = old.rotate_right(7) ^ old.rotate_right(18) ^ (old >> 3);
        let small1 = new.rotate_right(17) ^ new.rotate_right(19) ^ (new >> 10);
        words[at] = words[at - 16].wrapping_add(small0).wrapping_add(words[at - 7]).wrapping_add(small1);
        at += 1;
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
    at = 0;
    while at < 64 {
        let big1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let first =
            h.wrapping_add(big1).wrapping_add(choice).wrapping_add(ROUNDS[at]).wrapping_add(words[at]);
        let big0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        (h, g, f, e) = (g, f, e, d.wrapping_add(first));
        (d, c, b, a) = (c, b, a, first.wrapping_add(big0.wrapping_add(majority)));
        at += 1;
    }
    let worked = [a, b, c, d, e, f, g, h];
    let mut sum = state;
    at = 0;
    while at < 8 {
        sum[at] = sum[at].wrapping_add(worked[at]);
        at += 1;
    }
    sum
}

const fn base64(state: &[u32; 8]) -> [u8; 44] {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = [b'='; 44];
    let mut at = 0;
    // 256 bits are 42 letters of 6 bits and one of 4.
    while at < 43 {
        let mut letter = 0;
        let mut bit = at * 6;
        while bit < at * 6 + 6 {
            letter <<= 1;
            if bit < 256 {
                letter |= (state[bit / 32] >> (31 - bit % 32)) as usize & 1;
            }
            bit += 1;
        }
        out[at] = LETTERS[letter];
        at += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::sha256;

    /// As `printf TEXT | openssl dgst -sha256 -binary | base64` says.
    #[test]
    fn digests_are_those_of_openssl() {
        let long = "a".repeat(119);
        for (text, expected) in [
            ("", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
            ("abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "JI1qYdIGOLjlwCaTDD5gOaM85Flk/yFn9uzt1BnbBsE=",
            ),
            (long.as_str(), "MeulHDE6XAgiat8Y1KNZz9/Y0ugWsT9K+VL36mWE3Ps="),
        ] {
            assert_eq!(String::from_utf8_lossy(&sha256(text.as_bytes())), expected, "{text}");
        }
    }
}
