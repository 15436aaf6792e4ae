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

renewals = 会籍续期
renewals-nothing = 尚未续期。
renew = 办理续期
renewal-from-to = 有效期由 { $from } 延至 { $to }
renewal-reopened = 到期后恢复
renewal-reopens = 会籍已到期，续期后会籍和卡恢复使用。
renewal-points-ended = 到期失效 { $points } 分，不返还
renewal-cards = 一并延期的卡：{ $number } 张

member-balances = 积分与余额
balance-maturing = 待生效 { $amount }
balance-held = 已预留 { $amount }
holds = 预留
holds-nothing = 没有预留。
hold-time = { $from } 起，至 { $until }
hold-spent = 已使用 { $amount }
hold-release = 解除预留
hold-state-open = 预留中
hold-state-captured = 已使用
hold-state-released = 已解除
hold-state-expired = 已过期
transfer-points = 转赠积分
transfer-points-why = 可用 { $points } 分。转给本计划的另一会籍，不收费；到期日不变。
transfer-points-to = 转给
transferred = 已转给{ $who } { $points } 分。
made-sure = 已确认
made-sure-signed = 本人已签字
made-sure-manager = 店长同意

pool = 家庭共享
pool-none = 没有加入家庭共享。
pool-spendable = 全家可用
pool-head = 户主
pool-gives = 可共享 { $points } 分
pool-joined = { $when } 加入：{ $reason }
pool-left = { $when } 退出：{ $reason }
pool-left-membership_ended = 会籍终止
pool-left-pool_ended = 共享结束
pool-left-erased = 资料已删除
pool-open = 开通共享
pool-open-why = 本会籍为户主。成员兑换或用积分付款时先用自己的，不足再用其他成员的；户主退出则共享结束。
pool-name = 共享名称
pool-join = 添加成员
pool-who-joins = 新成员
pool-leave = 退出共享
pool-leave-why = { $who }退出共享，带走自己的积分。
pool-leave-head = { $who }是户主，退出后共享结束，各成员保留自己的积分。
pool-reason = 原因或同意方式（勿填个人信息）
pool-head-agreed = 户主已同意
pool-member-agreed = 新成员已同意

member-holder = 持有人
name-holder = 实名登记
holder-new = 新持有人
holder-card = 出示的卡
hand-over = 过户
hand-over-why = 会籍连同编号、积分、储值和等级一并转给他人。双方须出示档案中登记的证件；卡密码作废，由新持有人重设。
holder-from = 原持有人证件
holder-to = 新持有人证件

member-merges = 会籍合并
member-others = 该顾客在本计划中另有 { $number } 个会籍。
member-merge = 并入本会籍
member-merge-why = 另一会籍的积分、欠分、储值、次卡、券和兑换全部并入本会籍，取较高等级，其卡不再使用。
member-merge-which = 并入哪个会籍
member-merged-from = 并入的会籍
member-merged-into = 已并入此会籍
member-moved = 并入 { $what }。
member-moved-debts = 所欠 { $what }。
member-merge-undo = 撤销合并
member-merge-undo-why = 并入的部分全部退回原会籍。其中若已使用，则无法撤销。
member-merge-undone = { $when } 已撤销
