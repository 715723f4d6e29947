//! Which addresses are the clinic's, from what the network says of itself.

use core::net::Ipv6Addr;
use std::path::Path;
use std::sync::Arc;

use common_model::{IncidentState, Subject};
use common_site::Site;
use sensor_capture::{Frames as _, Script};
use sensor_engine::{Engine, Output, Setup};

/// A desk with both sorts of addresses, behind a router.
const CAST: &str = "
device router  10.0.0.1                    00:00:5e:00:53:01 gateway
device desk    10.0.0.21                   00:00:5e:00:53:21
device desk6   2001:db8:1::21              00:00:5e:00:53:21
device near    fe80::1                     00:00:5e:00:53:01
desk asks who has 10.0.0.1
";

/// The desk talks with twenty servers.
const SURFS: &str = "
repeat 20 every 10 s:
    desk6 -> [2001:db8:{n+100}::7]:443 tcp sends 400 gets 5 kB
";

/// What came of a script: the engine, and which kinds of incidents opened.
fn play(settings: &str, script: &str) -> (Engine, Vec<&'static str>) {
    let site = Arc::new(Site::parse(settings).expect("the settings are right"));
    let mut engine = Engine::new(Setup { site, ..Setup::default() }).expect("the defaults fit");
    let mut script = Script::parse("script", script, Path::new("")).expect("the script is right");
    let mut opened = Vec::new();
    while let Some(frame) = script.next_frame() {
        engine.handle_frame(&frame);
        while let Some(output) = engine.poll_output() {
            if let Output::Incident(incident, _) = output
                && incident.state == IncidentState::Opened
            {
                opened.push(incident.kind.id);
            }
        }
    }
    (engine, opened)
}

/// A line in which the router advertises this prefix.
fn advertises(prefix: &str) -> String {
    let prefix: Ipv6Addr = prefix.parse().expect("an address");
    let hex = |ip: Ipv6Addr| format!("{:032x}", ip.to_bits());
    let ends = hex("fe80::1".parse().expect("an address")) + &hex("ff02::1".parse().expect("an address"));
    // IPv6 with 255 hops, the message, and its only option (RFC 4861 §4.2, §4.6.2).
    let message = format!("86000000400007080000000000000000030440c000278d0000093a8000000000{}", hex(prefix));
    format!("raw router -> 33:33:00:00:00:01 0x86dd 6000000000303aff{ends}{message}\n")
}

#[test]
fn servers_are_no_devices_whatever_told_of_the_prefix() {
    let told = [
        "desk6 says 2001:db8:1::21 is at desk6\n".to_owned(),
        "desk6 asks who has fe80::1\n".to_owned(),
        advertises("2001:db8:1::"),
    ];
    for told in told {
        for settings in ["", "inside = [\"10.0.0.0/24\"]\n"] {
            let (engine, opened) = play(settings, &[CAST, &told, SURFS].concat());
            let desk = engine
                .inventory()
                .iter()
                .any(|device| device.ips.iter().any(|ip| Some(*ip) == "2001:db8:1::21".parse().ok()));
            assert!(desk, "{told}");
            assert!(engine.inventory().len() <= 3, "{told}: {:?}", engine.inventory());
            assert!(opened.iter().all(|kind| *kind == "new-device"), "{opened:?}");
        }
    }
}

#[test]
fn without_a_word_about_the_prefix_nobody_new_is_a_device() {
    let (engine, _) = play("", &[CAST, SURFS].concat());
    assert_eq!(engine.inventory().len(), 1);
    assert!(engine.inventory().iter().all(|device| !device.is_router), "its own address is no route");
}

#[test]
fn addresses_that_change_daily_stay_inside() {
    let daily = "
repeat 100 every 1 min:
    desk6 says 2001:db8:1::{n+300} is at desk6
    [2001:db8:1::{n+300}]:5000 -> [2001:db8:9::7]:443 tcp sends 400 gets 5 kB
";
    let (engine, _) = play("", &[CAST, daily].concat());
    assert!(engine.inventory().len() <= 2, "{:?}", engine.inventory());
}

#[test]
fn who_claims_an_outside_address_does_not_bring_it_in() {
    let lies = [
        "desk says 203.0.113.66 is at desk\n".to_owned(),
        format!("{}desk says 2001:db8:66::66 is at desk\n", advertises("2001:db8:1::")),
    ];
    for lie in lies {
        let talk = "desk -> 203.0.113.66:443 tls evil.example sends 4 kB gets 4 kB
desk6 -> [2001:db8:66::66]:443 tls evil.example sends 4 kB gets 4 kB\n";
        let (engine, _) = play("", &[CAST, &lie, talk].concat());
        let has_evil = engine.inventory().iter().any(|device| {
            device.ips.iter().any(|ip| ["203.0.113.66", "2001:db8:66::66"].contains(&ip.to_string().as_str()))
        });
        assert!(!has_evil, "{lie}: {:?}", engine.inventory());
    }
}

#[test]
fn a_sweep_of_a_device_with_both_sorts_of_addresses_is_seen() {
    let script = "
desk6 says 2001:db8:1::21 is at desk6
desk6 -> [2001:db8:9::7]:443 tcp sends 400 gets 5 kB
repeat 60 every 100 ms:
    desk asks who has 10.0.0.{n+100}
";
    let (engine, opened) = play("", &[CAST, script].concat());
    assert!(opened.contains(&"address-sweep"), "{opened:?}");
    let sweep = engine.open_incidents().find(|open| open.kind.id == "address-sweep").expect("it is open");
    let Subject::Device(id) = sweep.device else { panic!("it is a device's") };
    assert!(engine.inventory().get(id).is_some_and(|device| !device.is_router));
}
