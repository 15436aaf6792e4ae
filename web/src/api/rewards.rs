//! The reward catalogue.

use super::resource::{prelude::*, resource};
use cardea_engine::reward::{NewReward, Reward, RewardChange, RewardQuery};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_rewards)
        .service(create_reward)
        .service(read_reward)
        .service(update_reward);
}

resource! {
    Reward(NewReward, RewardChange, RewardQuery) tagged "rewards" at "/rewards" and "/rewards/{id}"
    by RewardRead, RewardWrite;
    /// Rewards, oldest first.
    list list_rewards;
    /// Adds a reward to the chain's catalogue, or to a store's.
    create create_reward;
    /// One reward.
    read read_reward;
    /// Changes a reward. Every redemption of a counted one is a new version too.
    update update_reward;
}
