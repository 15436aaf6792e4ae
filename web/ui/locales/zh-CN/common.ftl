### 各页面共用的文字

language = 语言
pages = 页面
page-till = 收银台
page-hq = 总部
log-in = 登录
log-out = 退出
working = 请稍候…
retry = 重试
abandon = 放弃
close = 关闭
save = 保存
edit = 修改
add = 添加
remove = 移除
copy = 复制
clear = 清空
key = 键
yes = 是
no = 否
find = 查找
more = 显示更多
name = 名称
name-zh = 中文名称
name-en = 英文名称
code = 编码
date = 日期
store = 门店
reason = 原因
nobody = 无
not-given = 未填
points = { $points } 分

unreadable-number = “{ $text }”不是数字，请改正。
unreadable-digits = “{ $text }”小数位数过多，{ $digits ->
    [0] 应为整数
   *[other] 最多 { $digits } 位小数
  }。
unreadable-size = “{ $text }”超出范围。
unreadable-over = 超出应收 { $text }。
unreadable-short = 还差 { $text }。
unreadable-zero = 不能为零或不填。

role-hq_admin = 总部管理员
role-store_manager = 店长
role-supervisor = 主管
role-cashier = 收银员
role-consultant = 顾问
role-clerk = 信息员
role-finance = 财务
role-auditor = 审计
role-api_client = 接口账号
role-vendor = 插件供应商

## 登录

login-title = 登录工作台
demo-title = 演示：点一个身份，再按回车登录
demo-filling = 正在填充演示数据
demo-filling-of = 正在填充：{ $done } / { $of } 笔消费及其他事件
demo-member = 可查会员：{ $name } · { $phone } · { $card }
login-motto = 发卡、积分、兑换、退货，每一分都说得清来由。
login-chain = 连锁代码
login-user = 用户名
login-password = 密码
session-ended = 请重新登录
session-ended-why = 登录已过期。输入密码后继续，页面上已填写的内容不会丢失。
new-password-title = 设置新密码
new-password-why = 您使用的是一次性密码，请先换成自己的密码。
new-password = 新密码（至少 10 位）
new-password-repeat = 再输入一次
new-password-differs = 两次输入不一致
new-password-save = 保存并进入

date-year = 年
date-month = 月
date-day = 日
date-hour = 时
date-minute = 分
tier-bars = 保级与升级
tier-keeps = 保留{ $tier }须全部达到
tier-keeps-any = 保留{ $tier }达到其一即可
tier-manual = 由{ $staff }于{ $date }人工设定，按消费为{ $own }。
tier-reaches = 升为{ $tier }须全部达到
tier-reaches-any = 升为{ $tier }达到其一即可
tier-reason-correction = 更正
tier-reason-key_account = 重要客户
tier-reason-promotion = 推广活动
tier-reason-service_recovery = 服务补偿
tier-reason-status_match = 同业等级匹配
tier-then = 此后无新增消费则为{ $tier }。
tier-until = { $tier }有效至{ $date }。
tier-window = { $since } 至 { $until }
