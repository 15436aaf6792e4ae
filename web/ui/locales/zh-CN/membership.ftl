### 会籍：等级、续期、积分、家庭共享、持有人

done-at = 办理门店
member-other = 换一个
member-nobody = 本计划中没有找到其他会籍。

tier-set = 人工设定等级
tier-set-why = 按消费为{ $own }。可设为更高等级，须写明原因，最长两年；到期后仍按消费定级。
tier-revoke = 取消人工等级
tier-revoke-why = 取消人工设定的{ $tier }，恢复为按消费所得的{ $own }。
tier-highest = 已是最高等级，无法再往上设定。
tier-step = 等级
tier-last-day = 最后一天
