### 出错时：发生了什么（what）、为什么（why）、怎么办（do）
### 服务器已说明 what 和 why 的，这里只写怎么办。

problem-network-what = 没有收到服务器的回复
problem-network-why = 网络中断或服务器没有响应，这一笔可能已经入账，也可能没有。
problem-network-do = 请点“重试”：同一笔操作用同一个编号重发，绝不会重复入账。
problem-unexpected-what = 服务器返回了无法识别的内容
problem-unexpected-why = 状态码 { $status }。
problem-unexpected-do = 请稍后重试；仍不行请联系管理员。

problem-login_failed-do = 请核对连锁编码、用户名和密码，注意大小写。
problem-login_throttled-do = 请稍等几分钟再登录。
problem-unauthenticated-do = 请重新登录。
problem-token_expired-do = 请重新登录。
problem-forbidden-do = 请由有权限的同事（主管或店长）操作。
problem-not_found-do = 请核对后再查一次。
problem-membership_exists-do = 请用姓名或手机号查出已有的会员卡。
problem-membership_closed-do = 会籍已关闭，可以重新申请入会。
problem-card_blocked-do = 可以不用此卡、按客户记账积分；挂失的卡请先解挂或补卡（F6）。
problem-card_state-do = 请核对卡的状态（F6）。
problem-receipt_conflict-do = 这个小票号今天已经用过。请换下一个号，或核对是否已经入账。
problem-already_returned-do = 请减少退货数量，只能退尚未退过的部分。
problem-insufficient_points-do = 请减少使用的积分，或改用其他付款方式。
problem-reward_unavailable-do = 请换一种礼品。
problem-out_of_stock-do = 请换一种礼品，或通知门店补货。
problem-not_eligible-do = 请告诉顾客还差什么，条件满足后可直接发卡。
problem-tenders_mismatch-do = 请核对付款方式与金额。
problem-line_discount_mismatch-do = 请核对折扣与金额。
problem-occurred_at_out_of_range-do = 请核对这台电脑的时间；补录旧单请找店长。
problem-configuration_invalid-do = 请修改标红的项目后再保存。
problem-body_invalid-do = 请检查填写的内容。
problem-idempotency_key_reused-do = 请重新操作一次。
problem-version_conflict-do = 别人刚刚改过。请关闭后重新打开，再做修改。
problem-busy-do = 服务器繁忙，请点“重试”，不会重复入账。
problem-plugin_failed-do = 积分规则暂时无法计算，请重试；仍不行请通知总部。
problem-storage_unavailable-do = 请点“重试”，不会重复入账；仍不行请联系管理员。
problem-field_invalid-do = 请修改标出的内容。
problem-rule_refused-do = 请按会员规则的说明告诉顾客。
problem-already_exists-do = 请换一个编码，或使用已有的。
problem-password_change_required-do = 请退出后重新登录并修改密码。
problem-internal-do = 请点“重试”，不会重复入账；仍不行请联系管理员。
points-needed = 需要 { $needed } 分，可用 { $available } 分

## 配置表单

form-incomplete = 有几项还不完整或不正确，已标红。
schema-type = 请填写正确的数值
schema-required = 必填项未填
schema-minimum = 数值太小
schema-exclusiveMinimum = 数值太小
schema-maximum = 数值太大
schema-exclusiveMaximum = 数值太大
schema-enum = 请从列表中选择
schema-const = 请从列表中选择
schema-minLength = 文字太短
schema-maxLength = 文字太长
schema-pattern = 格式不正确
schema-minItems = 项目太少
schema-maxItems = 项目太多
schema-uniqueItems = 有重复的项目
