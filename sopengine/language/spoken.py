"""What keys and choices are called in Chinese, for suggestions only: the language itself is English.

Who writes `步骤:` knows what is meant and not how it is spelt. A word may stand for several; which of them is meant is
decided by what may be written where it stands.
"""

from __future__ import annotations

from collections.abc import Collection

_CALLED = {
    # the parts of a playbook, and what names them
    "playbook": "剧本 方案 预案", "campaign": "活动", "module": "模块", "title": "标题 名称 名字 题目",
    "timezone": "时区", "zone": "时区", "calendar": "日历 工作日历 节假日", "inputs": "输入 参数 变量",
    "audiences": "人群 受众 名单", "roles": "角色 岗位 人员", "events": "事件", "metrics": "指标 数据指标",
    "goals": "目标 目标值", "guards": "限制 护栏 规则", "messages": "消息 文案 内容 话", "phases": "阶段",
    "weekly": "每周 周计划 固定安排 每周安排", "welcome": "欢迎 欢迎语 入群欢迎", "journeys": "旅程 流程",
    "scripts": "话术", "watch": "监视 监控 预警", "runs": "起止 活动时间", "steps": "步骤",
    # who
    "source": "来源 数据源 数据来源", "of": "取自 属于", "where": "筛选 条件 过滤 哪些", "sample": "样例 示例 例子",
    "columns": "列 字段", "via": "渠道 通道 途径", "person": "负责人 人 姓名", "match": "对应 匹配",
    "hours": "上班时间 营业时间", "type": "类型", "default": "默认 默认值 缺省", "choices": "选项 可选",
    "confirm": "确认", "required": "必填 必需",
    # when
    "id": "编号 步骤编号", "on": "哪天 日期 日子 星期 哪一天 时机", "at": "时间 时刻 几点 钟点",
    "after": "之后 延迟 多久之后 等多久", "except": "除了 除外 排除", "shift": "顺移 调整", "spread": "错开 打散",
    "from": "开始 从 起 开始时间 起始", "until": "结束 到 止 截止 截至 结束时间", "max": "最多 上限",
    "during": "期间",
    # what
    "to": "对象 给谁 发给 给 收件人 接收人", "send": "发送 发 发消息 推送 群发", "task": "任务 待办 事项",
    "choose": "分支 选择", "else": "否则 其他 其它", "wait": "等待 等", "split": "分组 实验 分流",
    "tag": "标签 打标签", "emit": "触发事件 发出事件", "exit": "退出 离开", "pause": "暂停", "use": "引用 使用 套用",
    "with": "参数 传入", "if": "如果 条件 当", "go": "转到 跳到 去 跳转", "due": "期限 截止 截止时间 完成时间",
    "remind": "提醒", "escalate": "升级 上报", "form": "表单 填报 字段", "about": "关于 针对", "script": "话术",
    "do": "动作 执行 处理", "text": "文字 文本 内容 正文 文案", "file": "文件", "table": "表格 表",
    "image": "图片 配图 图", "mention": "提到 提醒谁 艾特", "format": "格式", "late_ok": "可迟 可晚",
    "useful_until": "有效期 有效期至", "catch_up": "补发 补做", "if_past": "已过 过期", "on_cap": "超限 超频",
    "on_overdue": "逾期 超时处理", "on_unknown": "未知 不确定", "priority": "优先级", "audience": "人群 受众",
    "approve": "审批 审核", "overlap": "重叠 并行", "rollout": "灰度 分批", "any_outcome": "无论结果",
    # flows
    "on_event": "触发 触发事件 事件", "when": "当 条件", "again": "再次", "collect": "合并 收集", "key": "键 主键",
    "exit_when": "退出条件", "as": "原因", "for": "多久 等多久 最多等", "then": "然后 之后 接着", "timeout": "超时",
    "event": "事件", "data": "数据",
    # scripts
    "nodes": "节点", "start": "开始 起点", "say": "说 话术", "note": "提示 备注", "point": "要点",
    "answers": "回答 答案", "ask": "提问 询问 问", "end": "结局 结束", "always": "总是 任何时候",
    # figures and limits
    "metric": "指标", "target": "目标 目标值", "per": "按 每", "each": "每", "weights": "权重", "formula": "公式",
    "count": "计数 次数", "sum": "求和 合计", "last": "最近 最新", "quiet": "免打扰 静默", "cap": "频次 频控",
    "gap": "间隔", "window": "窗口 周期", "check": "检查 多久检查",
    # choices
    "skip": "跳过", "defer": "推迟 顺延 延后", "hold": "顺延 暂存 等待 等着", "drop": "丢弃 不发", "earlier": "提前",
    "resend": "重发", "continue": "继续", "now": "马上 立即 现在", "latest": "最近 最近一次 最新",
    "none": "不补 无 不补发 没有", "all": "所有人 全部 全体", "integer": "整数", "number": "数字 数值 小数",
    "money": "金额 价格 钱 元", "date": "日期", "time": "时间 时刻", "datetime": "日期时间 时间", "duration": "时长",
    "list": "列表", "bool": "是否 布尔", "choice": "选择 单选", "CN": "中国 中国大陆",
    "next-workday": "下一个工作日 顺延", "previous-workday": "上一个工作日 提前", "frozen": "冻结 固定 锁定",
    "live": "实时 动态", "next": "下一步 继续", "add": "增加 加上", "reassign": "改派 转派", "daily": "每天",
    "workdays": "工作日", "member": "会员 成员", "sends": "发送 消息", "day": "天 日", "week": "周", "month": "月",
    "sender": "发送者", "address": "地址",
}  # fmt: skip

SPOKEN: dict[str, tuple[str, ...]] = {}
for _english, _words in _CALLED.items():
    for _word in _words.split():
        SPOKEN[_word] = (*SPOKEN.get(_word, ()), _english)


def stands_for(word: str) -> tuple[str, ...]:
    """All that the Chinese word may be."""
    return SPOKEN.get(word.strip().rstrip("：:"), ())


def meant_by(word: str, known: Collection[str]) -> str | None:
    """The first of `known` that the Chinese word stands for, as the table has them in order."""
    return next((english for english in stands_for(word) if english in known), None)
