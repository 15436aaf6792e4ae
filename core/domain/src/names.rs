//! Names of enums as they stand in the database and on the wire, written once beside the type.

use std::fmt;

/// A name that no variant has: the row or request comes from a newer version, or is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {kind}: {name:?}")]
pub struct UnknownName {
    pub kind: &'static str,
    pub name: String,
}

/// What has one name everywhere: on the wire, in the database, and at the end of a page's label (`role-cashier`).
pub trait Named: Copy + std::str::FromStr<Err = UnknownName> {
    /// The stable name.
    fn name(self) -> &'static str;
}

/// Implements [`Named`], `ALL`, `as_str`, `Display` and `FromStr` for an enum; the names equal serde's (a test checks it).
/// With the whole `enum` inside it declares it too, with serde's names and its description for the interface.
#[macro_export]
macro_rules! named {
    ($(#[$meta:meta])* pub enum $type:ident { $($(#[$doc:meta])* $variant:ident = $name:tt),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ::serde::Serialize, ::serde::Deserialize, ::utoipa::ToSchema)]
        pub enum $type { $($(#[$doc])* #[serde(rename = $name)] $variant,)* }
        $crate::named!($type { $($variant = $name),* });
    };
    ($type:ident { $($variant:ident = $name:literal),* $(,)? }) => {
        impl $type {
            /// Every variant, in order.
            pub const ALL: &'static [$type] = &[$($type::$variant,)*];

            /// The stable name in the database and on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $($type::$variant => $name,)* }
            }
        }

        impl $crate::names::Named for $type {
            fn name(self) -> &'static str {
                self.as_str()
            }
        }

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $type {
            type Err = $crate::UnknownName;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                match s {
                    $($name => Ok($type::$variant),)*
                    _ => Err($crate::UnknownName { kind: stringify!($type), name: s.to_owned() }),
                }
            }
        }
    };
}

/// Joins names for a sentence.
pub(crate) fn join<T: fmt::Display>(items: &[T], separator: &str) -> String {
    items
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(separator)
}
