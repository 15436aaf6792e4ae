//! Templates that are shipped, each with the fields of its own that a type of contracts declares for it.

use super::Template;
use crate::error::Text;
use crate::fields::FieldDefinition;
use serde::Deserialize;

macro_rules! shipped {
    ($($variant:ident = $name:tt $zh:literal $en:literal;)*) => {
        named! {
        /// A template that comes with the system.
        pub enum ShippedTemplate { $($variant = $name),* }
        }

        impl ShippedTemplate {
            /// What it is called.
            pub fn label(self) -> Text {
                match self { $(ShippedTemplate::$variant => Text::new($zh, $en),)* }
            }

            fn text(self) -> &'static str {
                match self { $(ShippedTemplate::$variant => include_str!(concat!("shipped/", $name, ".json")),)* }
            }
        }
    };
}

shipped! {
    Dealer = "dealer" "经销合同" "Distribution contract";
    VehicleSale = "vehicle_sale" "汽车销售合同" "Vehicle sales contract";
    HotelRate = "hotel_rate" "酒店协议价合同" "Hotel corporate rate agreement";
    BeautyCourse = "beauty_course" "美容疗程服务合同" "Beauty course contract";
}

/// As the files have it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shipped {
    template: Template,
    fields: Vec<FieldDefinition>,
}

impl ShippedTemplate {
    /// What it says.
    pub fn template(self) -> Template {
        self.read().template
    }

    /// The fields of its own that it uses, as `values.name`.
    pub fn fields(self) -> Vec<FieldDefinition> {
        self.read().fields
    }

    fn read(self) -> Shipped {
        serde_json::from_str(self.text()).unwrap_or_else(|error| unreachable!("{self}: {error}"))
    }
}
