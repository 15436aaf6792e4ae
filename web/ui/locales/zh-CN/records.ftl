### 列表、表单、记录：各种资料共用的文字，及每种资料自己的文字

page-records = 资料
cancel = 取消
archive = 停用
restore = 恢复
in-use = 使用中
archived = 已停用
all = 全部
nothing-here = 没有内容

field-name = 名称
field-code = 编码
field-active = 状态
field-kind = 类型
field-region_id = 大区
field-time_zone = 时区
field-user = 用户名
field-role = 角色
field-store_id = 门店
field-store_ids = 门店
field-password = 初始密码（至少 10 位）
field-must_change_password = 须先改密码
field-platform_operator = 平台运维
field-program_id = 会员计划
field-points = 所需积分
field-stock = 库存
field-customer = 顾客
field-display = 称呼
field-phones = 电话
field-birthday = 生日
field-form_of_address = 称谓
field-identity_number = 证件号码
field-identity_kind = 证件类型
field-consultant_id = 顾问
field-introducer_customer_id = 介绍人
field-consent = 同意
field-consent_at = 同意时间
field-external_ref = 外部编号
field-acknowledge_duplicate = 电话已有人登记，是另一位顾客
field-created_at = 建档时间
field-query = 姓名、电话或末四位
field-customer_id = 顾客
field-state = 状态
field-tier = 等级
field-lots = 积分明细
field-tier_review = 保级
field-next_tier = 下一等级
field-opened_on = 入会日期
field-valid_through = 有效期至
field-balances = 余额
field-not_earned = 未积分原因
field-reason = 原因
field-cards = 会员卡
field-receipt = 小票号
field-till = 收银台
field-source = 来源
field-business_date = 营业日
field-occurred_at = 时间
field-member = 会员
field-paid = 实付
field-rounding = 抹零
field-points_earned = 得积分
field-points_spent = 用积分
field-judged = 判定
field-over_limit = 超过上限仍入账
field-tier_next = 新等级
field-returns = 退货
field-action = 操作
field-at = 时间
field-staff_id = 人员
field-session_id = 会话
field-source_ip = 来源地址
field-detail = 内容
field-subject = 对象
field-chain_id = 连锁
field-lane = 链道
field-seq = 序号
field-hash = 哈希
field-from = 自
field-until = 至

none-store_id = 全部门店
none-store_ids = 整个连锁
none-stock = 不限
none-time_zone = 同连锁
none-staff_id = 系统

store-kind-own = 直营
store-kind-franchise = 加盟
store-kind-dealer = 分销店
document-kind-resident_id = 身份证
document-kind-passport = 护照
document-kind-hk_macau_permit = 港澳居民通行证
document-kind-taiwan_permit = 台胞证
document-kind-other = 其他证件
membership-state-open = 有效
membership-state-closed = 已结束
judgement-no_member = 非会员
judgement-judged = 已判定
judgement-unjudged = 待判定

regions = 大区
regions-why = 总部按大区管理门店。
regions-new = 新增大区
regions-edit = 修改大区

stores = 门店
stores-why = 时区和编码开店后不再改变；仍有员工只在此店时不能停用。
stores-new = 新增门店
stores-edit = 修改门店

staff = 员工
staff-why = 账号、角色和可操作的门店。修改立即生效。
staff-new = 新增员工
staff-edit = 修改员工
staff-name = 姓名
staff-do-password = 重置密码
staff-do-password-why = 当面或书面交给本人；该账号立即退出登录，下次登录须换成自己的密码。

rewards-why = 顾客在收银台用积分兑换的礼品，价格以积分计。
rewards-new = 新增礼品
rewards-edit = 修改礼品

customers = 顾客
customers-why = 顾客档案；联系方式只显示部分。

memberships = 会籍
memberships-why = 顾客在会员计划中的会籍，最新的在前。

sales = 消费
sales-why = 门店的账单，最新的在前。

audit = 审计日志
audit-why = 谁在何时从何处做了什么，最新的在前。
