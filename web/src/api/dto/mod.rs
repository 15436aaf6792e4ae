//! What goes over the wire, documented for the OpenAPI document. Units: money in minor units, points whole,
//! quantities in thousandths, multipliers in parts per million, instants RFC 3339 UTC, dates `2026-11-22`.

/// An enum of the domain as the interface documents it. The compiler keeps both in step.
macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident = $source:path { $($(#[$variant_doc:meta])* $variant:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, serde::Deserialize, serde::Serialize, utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl From<$source> for $name {
            fn from(value: $source) -> Self {
                use $source as Source;
                match value { $(Source::$variant => Self::$variant,)* }
            }
        }

        impl From<$name> for $source {
            fn from(value: $name) -> Self {
                match value { $($name::$variant => Self::$variant,)* }
            }
        }
    };
}

/// A document made of a value of the engine, field by field.
macro_rules! shown {
    ($name:ident from $source:path { $($field:ident),* $(,)? }) => {
        impl From<$source> for $name {
            fn from(value: $source) -> Self {
                Self { $($field: value.$field.into(),)* }
            }
        }
    };
}

pub mod common;
pub mod programs;
pub mod sales;
