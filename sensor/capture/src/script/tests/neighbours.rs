//! What devices of one net say to each other.

use super::*;

#[test]
fn an_address_is_asked_for_and_told() {
    assert_eq!(told("pc-1 asks who has 10.0.0.9"), ["arp 10.0.0.21 asks for 10.0.0.9"]);
    assert_eq!(
        told("pc-1 says 10.0.0.1 is at pc-1 to router"),
        ["arp 10.0.0.1 is at 02:00:00:00:00:21 to 10.0.0.1"]
    );
    assert_eq!(
        told("pc-1 says 10.0.0.9 is at 02:00:00:00:00:99"),
        ["arp 10.0.0.9 is at 02:00:00:00:00:99 to 10.0.0.9"]
    );
    let targets = |line: &str| packet(&play(&format!("{CAST}{line}"))[0]).link.unwrap().target.to_string();
    assert_eq!(targets("pc-1 asks who has 10.0.0.9"), "ff:ff:ff:ff:ff:ff");
    assert_eq!(targets("pc-1 says 10.0.0.21 is at pc-1"), "ff:ff:ff:ff:ff:ff");
    assert_eq!(targets("pc-1 says 10.0.0.21 is at pc-1 to router"), "02:00:0a:00:00:01");
}

#[test]
fn neighbours_are_discovered() {
    assert_eq!(
        told("pc-1 asks who has 2001:db8::12:3456"),
        ["2001:db8::21 > ff02::1:ff12:3456 NeighbourSolicitation(2001:db8::12:3456)"]
    );
    assert_eq!(
        told("pc-1 says 2001:db8::1 is at pc-1"),
        ["2001:db8::1 > ff02::1 NeighbourAdvertisement(2001:db8::1, Some(02:00:00:00:00:21))"]
    );
    assert_eq!(
        told("router says 2001:db8::1 is at router to pc-1"),
        ["2001:db8::1 > 2001:db8::21 NeighbourAdvertisement(2001:db8::1, Some(02:00:0a:00:00:01))"]
    );
}

#[test]
fn an_address_is_leased() {
    let line = r#"router leases 10.0.0.99 to pc-1 as "RECEPTION" vendor "MSFT 5.0""#;
    assert_eq!(
        told(line),
        [
            "0.0.0.0:68 > 255.255.255.255:67 udp 300",
            "10.0.0.1:67 > 10.0.0.99:68 udp 300",
            "0.0.0.0:68 > 255.255.255.255:67 udp 300",
            "10.0.0.1:67 > 10.0.0.99:68 udp 300",
        ]
    );
    let client = [
        r#"Announce(HostName("RECEPTION"))"#,
        r#"Announce(VendorClass("MSFT 5.0"))"#,
        "Announce(ParameterList([1, 3, 6, 15]))",
    ];
    let server = "offered: 10.0.0.99, prefix_bits: Some(24), gateway: Some(10.0.0.1), \
                  name_server: Some(10.0.0.1), is_relayed: false })";
    let said = said(line);
    for exchange in [&said[..4], &said[4..8]] {
        assert_eq!(exchange[..3], client);
        assert!(exchange[3].starts_with("AddressServer(AddressServer { server: 10.0.0.1, transaction: "));
        assert!(exchange[3].ends_with(server), "{}", exchange[3]);
    }
    assert!(
        said[8].contains("Lease { mac: 02:00:00:00:00:21, ip: 10.0.0.99, prefix_bits: Some(24)"),
        "{said:?}"
    );
}

#[test]
fn who_leased_an_address_has_it_from_then_on() {
    let told = told("router leases 10.0.0.99 to pc-1\npc-1 -> 10.0.0.9 ping = nothing");
    assert_eq!(told[4], "10.0.0.99 > 10.0.0.9 EchoRequest(2)");
}

#[test]
fn another_way_out_is_offered_and_not_taken() {
    let said = said("device rogue 10.0.0.66\nrogue offers 10.0.0.99 to pc-1 gateway rogue names evil");
    assert_eq!(said[..1], ["Announce(ParameterList([1, 3, 6, 15]))"]);
    let server = "gateway: Some(10.0.0.66), name_server: Some(203.0.113.66), is_relayed: false })";
    assert!(said.len() == 2 && said[1].ends_with(server), "{said:?}");
}

#[test]
fn devices_say_what_they_are() {
    assert_eq!(
        said(r#"pc-1 announces host "printer-1""#),
        [
            r#"Announce(Address { name: "printer-1.local", ip: 10.0.0.21 })"#,
            r#"Announce(HostName("printer-1"))"#,
            r#"Announce(Address { name: "printer-1.local", ip: 2001:db8::21 })"#,
            r#"Announce(HostName("printer-1"))"#,
        ]
    );
    assert_eq!(said("pc-1 announces service _ipp._tcp"), [r#"Announce(Service("_ipp._tcp"))"#]);
    assert_eq!(said(r#"pc-1 announces service _ipp._tcp as "Laser 2.0""#).len(), 1);
    assert_eq!(said(r#"pc-1 announces model "MacBookPro18,1""#), [r#"Announce(Model("MacBookPro18,1"))"#]);
    let heard = play(&format!("{CAST}pc-1 announces model x"));
    assert_eq!(tell(&heard[0]).split(" udp").next(), Some("10.0.0.21:5353 > 224.0.0.251:5353"));
    let Net::Ip(ip) = packet(&heard[0]).net else { panic!() };
    assert_eq!(ip.ttl, 255);
}

#[test]
fn a_device_without_address_asks_as_nobody() {
    assert_eq!(
        told("device new 02:00:00:00:00:77\nnew asks who has 10.0.0.50\nrouter leases 10.0.0.50 to new\nnew -> pc-1 ping")
            .iter()
            .map(|line| line.split(' ').next().unwrap())
            .collect::<Vec<_>>(),
        ["arp", "0.0.0.0:68", "10.0.0.1:67", "0.0.0.0:68", "10.0.0.1:67", "10.0.0.50", "10.0.0.21"]
    );
}
