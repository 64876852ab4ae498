//! JkLogLevel trace: what goes over a connection, packet by packet.
//!
//! A line names the packet, and lines of 16 octets follow, as the C mod_jk writes them at debug level ("directives,
//! section 5"). Of a body only the beginning is shown. "decisions, row 72".

use crate::ajp::reply::name_of;
use crate::ajp::{body_packet_header, mask_secrets, split_packet, HEADER_LENGTH, MAX_PACKET_SIZE};
use crate::config::settings::{Ajp13Settings, Secret};
use crate::log;
use crate::log::{Context, Level};
use crate::text::Counted;

/// Octets of a line.
const ROW: usize = 16;

/// Octets that are shown of a packet with a part of a body.
const BODY: usize = 4 * ROW;

/// The log of one worker's packets. Costs a comparison where the level drops them.
#[derive(Clone, Copy)]
pub(super) struct Trace<'a> {
    log: Context<'a>,
    settings: &'a Ajp13Settings,
}

impl<'a> Trace<'a> {
    /// Packets of the worker with these settings.
    pub(super) fn new(log: Context<'a>, settings: &'a Ajp13Settings) -> Self {
        Self { log, settings }
    }

    /// Shows the Forward Request that is sent, without secrets.
    #[inline]
    pub(super) fn sends_request(&self, packet: &[u8]) {
        if self.is_on() {
            let mut shown = packet.to_vec();
            mask_secrets(&mut shown, self.settings.secret.as_ref().map(Secret::reveal));
            self.show("to", "FORWARD_REQUEST", packet.len(), &shown);
        }
    }

    /// Shows the body packet that is sent with the request.
    #[inline]
    pub(super) fn sends_first_body(&self, data: &[u8]) {
        if self.is_on() {
            self.sends_body(&[&body_packet_header(data.len()), data].concat());
        }
    }

    /// Shows a body packet that is sent.
    #[inline]
    pub(super) fn sends_body(&self, packet: &[u8]) {
        if self.is_on() {
            self.show("to", "request body", packet.len(), &packet[..packet.len().min(BODY)]);
        }
    }

    /// Shows a CPing that is sent.
    #[inline]
    pub(super) fn sends_cping(&self, packet: &[u8]) {
        if self.is_on() {
            self.show("to", "CPING", packet.len(), packet);
        }
    }

    /// Shows the packets that were received, and what is none.
    #[inline]
    pub(super) fn receives(&self, octets: &[u8]) {
        if self.is_on() {
            self.show_received(octets);
        }
    }

    #[inline]
    fn is_on(&self) -> bool {
        self.log.enabled(Level::Trace)
    }

    #[cold]
    fn show_received(&self, mut octets: &[u8]) {
        while let Ok(Some((payload, length))) = split_packet(octets, MAX_PACKET_SIZE) {
            let name = name_of(payload).unwrap_or("unknown packet");
            let most = if name == "SEND_BODY_CHUNK" { BODY } else { length };
            self.show("from", name, length, &octets[..length.min(most)]);
            octets = &octets[length..];
        }
        if !octets.is_empty() {
            let name = if octets.len() < HEADER_LENGTH { "a part of a packet" } else { "no whole packet" };
            self.show("from", name, octets.len(), &octets[..octets.len().min(BODY)]);
        }
    }

    /// A line for the packet, and those for what is `shown` of its octets.
    #[cold]
    fn show(&self, way: &str, packet: &str, length: usize, shown: &[u8]) {
        let (name, place) = (&self.settings.name, self.settings.address());
        let octets = Counted(length as u64, "octet");
        log!(self.log, Trace, [Worker = name, Address = place], "({name}) {way} {place}: {packet}, {octets}");
        for (index, octets) in shown.chunks(ROW).enumerate() {
            log!(self.log, Trace, [Worker = name], "{}", row(index * ROW, octets));
        }
        if shown.len() < length {
            let rest = Counted((length - shown.len()) as u64, "more octet");
            log!(self.log, Trace, [Worker = name], "{:04x}    {rest}", shown.len());
        }
    }
}

/// A line as the original has it: where it begins, the octets, and what of them can be read.
fn row(start: usize, octets: &[u8]) -> String {
    let hex: String = octets.iter().map(|octet| format!("{octet:02X} ")).collect();
    let text: String =
        octets.iter().map(|octet| if octet.is_ascii_graphic() { char::from(*octet) } else { '.' }).collect();
    format!("{start:04x}    {hex:48} - {text}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Logger;
    use crate::worker::ajp13::tests::settings;

    fn shown(level: Level, tell: impl Fn(&Trace<'_>)) -> Vec<String> {
        let (logger, settings) = (Logger::capture(level), settings(8009));
        tell(&Trace::new(logger.with_id("-"), &settings));
        logger.captured().iter().map(|line| line.replace("[trace] ", "")).collect()
    }

    #[test]
    fn a_row_has_sixteen_octets_and_what_can_be_read_of_them() {
        assert_eq!(
            row(16, b"\x12\x34\x00\xf6HTTP/1.1 a\xff"),
            "0010    12 34 00 F6 48 54 54 50 2F 31 2E 31 20 61 FF     - .4..HTTP/1.1.a."
        );
    }

    #[test]
    fn packets_are_named_and_shown_one_by_one() {
        let received = b"AB\0\x02\x05\x01AB\0\x01\x09AB\0\x02\x07\0AB\0";
        let lines = shown(Level::Trace, |trace| trace.receives(received));
        let heads: Vec<_> = lines.iter().filter(|line| line.starts_with('(')).map(String::as_str).collect();
        assert_eq!(
            heads,
            [
                "(tomcat) from 127.0.0.1:8009: END_RESPONSE, 6 octets",
                "(tomcat) from 127.0.0.1:8009: CPONG, 5 octets",
                "(tomcat) from 127.0.0.1:8009: unknown packet, 6 octets",
                "(tomcat) from 127.0.0.1:8009: a part of a packet, 3 octets",
            ]
        );
        assert!(
            lines[1].starts_with("0000    41 42 00 02 05 01 ") && lines[1].ends_with(" - AB...."),
            "{lines:?}"
        );
        assert_eq!(lines.len(), 2 * heads.len());
    }

    #[test]
    fn a_body_is_cut() {
        let lines = shown(Level::Trace, |trace| trace.sends_first_body(&[b'x'; 1000]));
        assert_eq!(lines[0], "(tomcat) to 127.0.0.1:8009: request body, 1006 octets");
        assert_eq!((lines.len(), &*lines[5]), (6, "0040    942 more octets"));
    }

    #[test]
    fn other_levels_show_nothing() {
        assert!(shown(Level::Debug, |trace| trace.sends_cping(&crate::ajp::CPING)).is_empty());
    }
}
