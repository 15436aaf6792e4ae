### 合同原件：保管、借出、盘点

original = 合同原件
original-custodian = 保管人
original-place = 存放地点
original-place-such = 例如：财务柜 3 层
original-since = { $when } 起
original-nobody = 尚未登记由谁保管。
original-missing-since = 盘点未见，自
original-name = 登记保管人
original-hand-over = 移交或换地点
original-find = 登记已找到
original-custody-why = 历史中记明由谁移交给谁。
original-kept = 在库
original-lent = 借出
original-missing = 下落不明
original-overdue = 逾期 { $days } 天

custody-taken = 由{ $to }保管
custody-handed_over = { $from }移交给{ $to }
custody-moved = 存放地点改为“{ $place }”
custody-lent = 借给{ $to }
custody-returned = { $from }归还
custody-missing = 盘点时未找到（保管人：{ $from }）
custody-found = 已找到，由{ $to }保管
custody-at = ，存放于“{ $place }”

lend-original = 借出原件
lend-original-of = 合同 { $number } 原件
lend-slip = 请将查阅编号写在代放卡上，放在原件的位置。

lent-originals = 借出与逾期
lent-originals-why = 借出的合同原件，逾期的在前。
lent-other-papers = 其他纸质原件
lent-state = 状态
lent-state-away = 未归还
lent-state-overdue = 已逾期
lent-state-back = 已归还
lent-in-time = 借出中
lent-none-overdue = 没有逾期的原件
lent-on = { $when } 借出
lent-due = 应于 { $day } 归还
lent-number = 查阅编号 { $number }
lent-returned = { $when } 归还，{ $who }收回

stock-take = 原件盘点
