//! The devices of the clinic.

use std::collections::BTreeSet;

use box_store::record::DeviceRecord;
use common_model::{DeviceType, Due, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::View;

/// The devices, last heard first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Devices {
    devices: Vec<Device>,
    /// What a device can be.
    types: Vec<TypeName>,
}

/// What a device can be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TypeName {
    id: &'static str,
    name: String,
}

/// A device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Device {
    id: String,
    /// The clinic's own name for it, or what it calls itself.
    #[schema(required)]
    name: Option<String>,
    /// What it is called in sentences.
    shown_name: String,
    r#type: String,
    type_name: String,
    type_confirmed: bool,
    #[schema(required)]
    vendor: Option<String>,
    /// What its type was guessed from.
    evidence: Vec<String>,
    last_heard: String,
    first_seen: String,
    /// Whether it was heard within the last ten minutes.
    is_heard: bool,
    addresses: Vec<String>,
    /// With whom it talks most, in plain words.
    talks_to: Vec<String>,
    has_card: bool,
}

/// Guess: phones and printers speak at least so often while they are on.
const HEARD_WITHIN: core::time::Duration = core::time::Duration::from_secs(600);

impl View {
    /// The devices.
    pub(crate) fn devices(&self) -> anyhow::Result<Devices> {
        let Some(sensor) = &self.sensor else {
            return Ok(Devices { devices: Vec::new(), types: self.types() });
        };
        let open = sensor.open_incidents()?;
        let with_card: BTreeSet<&str> = open
            .iter()
            .filter(|incident| incident.due != Due::None.as_str())
            .filter_map(|incident| incident.device.id.as_deref())
            .collect();
        let devices = sensor.devices()?;
        let devices =
            devices.iter().map(|device| self.device(device, &with_card)).collect::<anyhow::Result<_>>()?;
        Ok(Devices { devices, types: self.types() })
    }

    fn device(&self, device: &DeviceRecord, with_card: &BTreeSet<&str>) -> anyhow::Result<Device> {
        let words = self.words();
        let party = device.party.to_party();
        let last = Timestamp::from_nanos(device.last_seen_ns);
        let id = device.party.id.clone().unwrap_or_default();
        Ok(Device {
            name: party.name.clone(),
            shown_name: words.party(&party),
            r#type: party.device_type.as_str().to_owned(),
            type_name: words.device_type(party.device_type).to_owned(),
            type_confirmed: party.type_confirmed,
            vendor: device.party.vendor.clone(),
            evidence: device.evidence.clone(),
            last_heard: words.moment(last),
            first_seen: words.moment(Timestamp::from_nanos(device.first_seen_ns)),
            is_heard: self.now.since(last) <= HEARD_WITHIN,
            addresses: device.addresses.iter().map(ToString::to_string).collect(),
            talks_to: device.talks_to.iter().map(|peer| words.party(&peer.to_party())).collect(),
            has_card: with_card.contains(id.as_str()),
            id,
        })
    }

    fn types(&self) -> Vec<TypeName> {
        let words = self.words();
        let name = |of: DeviceType| TypeName { id: of.as_str(), name: words.device_type(of).to_owned() };
        // That nobody knows is no answer.
        DeviceType::ALL.into_iter().filter(|of| *of != DeviceType::Unknown).map(name).collect()
    }
}
