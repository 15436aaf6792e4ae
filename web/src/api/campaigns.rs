//! Campaigns of a program.

use super::resource::{prelude::*, resource};
use cardea_engine::campaign::{Campaign, CampaignChange, CampaignQuery, NewCampaign};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_campaigns)
        .service(create_campaign)
        .service(read_campaign)
        .service(update_campaign);
}

resource! {
    Campaign(NewCampaign, CampaignChange, CampaignQuery) tagged "campaigns" at "/campaigns" and "/campaigns/{id}"
    by CampaignRead, CampaignWrite;
    /// Campaigns, oldest first, with how much of their budget is gone.
    list list_campaigns;
    /// Adds a campaign to a program. It holds for what is sold from now on.
    create create_campaign;
    /// One campaign.
    read read_campaign;
    /// Changes a campaign: a version that holds from now on. What was sold before stays judged as it was.
    update update_campaign;
}
