### 预付款

prepaid = 储值与次卡
prepaid-top-ups = 充值
prepaid-no-top-ups = 没有充值。
prepaid-granted = 赠 { $amount }
prepaid-left = 余 { $principal }，赠送余 { $bonus }
prepaid-refunded = 已退 { $amount }：{ $reason }
prepaid-passes = 次卡
prepaid-no-passes = 没有次卡。
prepaid-record = 全部记录（{ $format }）
pass-of = 剩 { $left } 次，共 { $all } 次
pass-until = 有效期至 { $day }
pass-without-end = 无期限
refund-reason-within_7_days = 七日内退款
refund-reason-merchant = 商家未履约
refund-reason-agreed = 协商一致
refund-reason-consumer = 顾客原因

prepaid-report = 预付卡季报
prepaid-report-why = 季末预收资金余额，以及应存管的金额。
prepaid-quarter = 季度
prepaid-class = 备案类别
prepaid-class-scale = 规模发卡企业
prepaid-class-group = 集团发卡企业
prepaid-class-brand = 品牌发卡企业
prepaid-deposit = 应存管：本金余额的 { $share }%，{ $amount }
prepaid-store = 门店
prepaid-total = 全部门店
prepaid-figure-principal = 季末本金
prepaid-figure-bonus = 季末赠送
prepaid-figure-received = 本季充值
prepaid-figure-granted = 本季赠送
prepaid-figure-used = 使用本金
prepaid-figure-bonus_used = 使用赠送
prepaid-figure-refunded = 退款
