//! Regions and stores.

use super::resource::{prelude::*, resource};
use cardea_engine::page::ListQuery;
use cardea_engine::store_admin::{NewRegion, NewStore, Region, RegionChange, Store, StoreChange, StoreQuery};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_regions)
        .service(create_region)
        .service(read_region)
        .service(update_region);
    config
        .service(list_stores)
        .service(create_store)
        .service(read_store)
        .service(update_store);
}

resource! {
    Region(NewRegion, RegionChange, ListQuery) tagged "stores" at "/regions" and "/regions/{id}" by StoreRead, StoreWrite;
    /// Regions, oldest first.
    list list_regions;
    /// Opens a region.
    create create_region;
    /// One region.
    read read_region;
    /// Changes a region. With `active: false` it is archived: 409 `in_use` while open stores are in it.
    update update_region;
}

resource! {
    Store(NewStore, StoreChange, StoreQuery) tagged "stores" at "/stores" and "/stores/{id}" by StoreRead, StoreWrite;
    /// Stores, oldest first.
    list list_stores;
    /// Opens a store.
    create create_store;
    /// One store.
    read read_store;
    /// Changes a store.
    update update_store;
}
