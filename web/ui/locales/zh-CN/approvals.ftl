### 须经他人同意的操作

approval-to-do = 待您办理
approval-used = { $when } 已办理
approval-do-here = 已获同意，请在 { $when } 前点下面的按钮办理，过期须重新申请。
approval-do-by = 已获同意，请在 { $when } 前原样再做一次，过期须重新申请。
approval-do-staff = 在员工页面填写与下方相同的内容并保存；密码不在申请中，须重新填写。
approval-do-export = 以相同的格式和用途再导出一次。
approval-do-rules = 按此修改审批规则
approval-go = 前往“{ $page }”页面

approval-kind-contract = 合同
approval-kind-configuration = 会员计划规则
approval-kind-staff = 账号
approval-kind-export = 导出个人资料
approval-kind-rules = 审批规则
approval-kind-erasure = 删除个人资料

request-all-figures = 全部规则
request-as-sent = 申请原文
request-no-stores = 全连锁
request-staff-user = 用户名
request-staff-role = 岗位
request-staff-store_ids = 门店
request-staff-active = 启用
request-staff-password = 设置新密码
request-staff-same_person_as = 同一人的其他账号
request-staff-why = 申请中不含密码。
request-export-of = 导出内容
request-export-subject_id = 档案类型
request-export-columns = 列
request-export-format = 格式
request-export-purpose = 用途
request-of-customer-export = 顾客资料（不打码）
request-of-record-export = 业务档案

approval-rules = 审批规则
approval-rules-why = 哪些操作须先经他人同意。申请人不能审批自己的申请，两步须由不同的人审批。
approval-rules-own = 设了任何一项之后，修改本页也须经他人同意。
approval-rule-configuration = 发布会员计划规则
approval-rule-configuration-why = 会员计划的新版本：积分、等级、门槛。
approval-rule-staff = 账号权限
approval-rule-staff-why = 新开账号，改岗位、门店，重新启用，以及给审批人设密码。
approval-rule-export = 导出个人资料
approval-rule-export-why = 不打码的顾客资料和业务档案，每次同意只能导出一份文件。
approval-rule-steps-0 = 不需要审批
approval-rule-steps-1 = 一步
approval-rule-steps-2 = 两步
request-erasure-scope = 范围
request-erasure-customer_id = 顾客编号
request-erasure-record_id = 记录
request-erasure-ground = 原因
request-erasure-reference = 函件或案卷号
request-erasure-who = 打开该顾客的资料卡
