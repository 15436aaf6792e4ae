//! `cardea:industry@0.1.0`. The same derives as the SDK's, so that a value has one JSON form on both sides.

wasmtime::component::bindgen!({
    path: "../../plugins/wit/0.1.0",
    world: "industry",
    additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
});
