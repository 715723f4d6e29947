//! The description of the API stands in the documents, and the front end's types are made from it.

use std::path::Path;

#[test]
fn the_description_is_the_one_that_is_documented() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/generated/central-api.json");
    testing_testkit::golden::check(&file, &central_server::open_api()).unwrap();
}
