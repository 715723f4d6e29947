//! The description of the API stands in the documents, and the front end's types are made from it.

use std::path::Path;

#[test]
fn the_description_is_the_one_that_is_documented() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/generated/central-api.json");
    testing_testkit::golden::check(&file, &central_server::open_api()).unwrap();
}

/// Two types of one name are one in the description, and one of them is wrong.
#[test]
fn no_name_stands_for_two_types() {
    let api: serde_json::Value = serde_json::from_str(&central_server::open_api()).unwrap();
    let properties = |name: &str| {
        let schema = api.pointer(&format!("/components/schemas/{name}")).unwrap();
        let parts = schema.get("allOf").and_then(|all| all.as_array()).cloned().unwrap_or_default();
        let objects = parts.into_iter().chain([schema.clone()]);
        let keys = objects
            .filter_map(|one| Some(one.get("properties")?.as_object()?.keys().cloned().collect::<Vec<_>>()));
        keys.flatten().collect::<Vec<String>>()
    };
    for (name, has) in [
        ("Health", "budget_bytes"),
        ("CentreHealth", "refused"),
        ("IncidentDetail", "steps"),
        ("WarningDetail", "boxes"),
        ("Warning", "urgency"),
        ("Finding", "independent"),
    ] {
        assert!(
            properties(name).iter().any(|field| field == has),
            "{name} has no {has}: {:?}",
            properties(name)
        );
    }
    let role = api.pointer("/components/schemas/AccountRole/enum");
    assert_eq!(role, Some(&serde_json::json!(["analyst", "administrator"])));
}
