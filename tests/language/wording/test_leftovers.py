from __future__ import annotations

import pytest

from sopengine.language.checks.wording.leftovers import keys, placeholders


def found(text: str) -> list[str]:
    return [text[s.start : s.end] for s in placeholders(text)]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("亲爱的XX，你好", ["XX"]),
        ("xx店的朋友们", ["xx"]),
        ("××超市", ["××"]),
        ("XX月XX日见", ["XX", "XX"]),
        ("TODO 写玩法", ["TODO"]),
        ("尊敬的某某女士", ["某某"]),
        ("某月某日开业", ["某月某日"]),
        ("欢迎来到【店名】", ["【店名】"]),
        ("【品牌名】的朋友们", ["【品牌名】"]),
        ("点这里[链接]", ["[链接]"]),
        ("【请填写活动时间】前来", ["【请填写活动时间】"]),
        ("一共【金额】元", ["【金额】"]),
        ("规则：待补充", ["待补充"]),
        ("{name}，早上好", ["{name}"]),
        ("${name}，早上好", ["${name}"]),
        ("{姓名}，早上好", ["{姓名}"]),
        ("欢迎 %NICKNAME% 入群", ["%NICKNAME%"]),
    ],
)
def test_what_is_left_to_fill_in_is_found(text: str, left: list[str]) -> None:
    assert found(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "XL、XXL 两个码",
        "XXXL 也有",
        "【活动时间】6月18日 10:00",
        "【价格】29.90 元\n【地址】东湖店一楼",
        "第一名【小林】",
        "[图片] 见上",
        "报名表里的姓名要写全",
        "数量 × 单价",
        "3×3 宫格",
        "{{ target.name }}，早上好",
        "{% if input.loud %}快来{% endif %}",
        "打九五折，满 100% 返",
        "某些群还没到",
        "待填的问卷放在桌上",
    ],
)
def test_what_is_meant_as_it_stands_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "发到 https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + "0a1b2c3d-0000-4bc4-97a0-0ec2000a5aaa",
        "address: " + "0a1b2c3d-0000-4bc4-97a0-0ec2000a5aaa",
        "https://oapi.dingtalk.com/robot/send?access_token=" + "0123456789abcdef" * 4,
        "https://open.feishu.cn/open-apis/bot/v2/hook/" + "0a1b2c3d-0000-4bc4-97a0-0ec2000a5aaa",
        "secret: SEC" + "0123456789abcdef" * 4,
    ],
)
def test_keys_of_robots_are_found(text: str) -> None:
    assert list(keys(text))


@pytest.mark.parametrize("text", ["secret: robot-east", "https://example.com/?key=spring", "订单 2026-0618-0001"])
def test_names_of_secrets_and_ordinary_numbers_are_not(text: str) -> None:
    assert not list(keys(text))
