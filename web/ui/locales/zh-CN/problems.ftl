### 出错时：发生了什么（what）、为什么（why）、怎么办（do）
### 服务器的说明里已有原因和办法，这里只写它不知道的。

problem-network-what = 没有收到服务器的回复
problem-network-why = 网络中断或服务器没有响应。
problem-retry-do = 这一笔可能已经入账，也可能没有。请点“重试”：同一笔操作用同一个编号重发，绝不会重复入账；仍不行请联系管理员。
problem-unexpected-what = 服务器返回了无法识别的内容
problem-unexpected-why = 状态码 { $status }。
problem-unexpected-do = 请稍后重试；仍不行请联系管理员。

problem-login_failed-do = 请注意大小写；忘记密码请找店长或总部管理员。
problem-forbidden-do = 请由有权限的同事（主管或店长）操作。

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
