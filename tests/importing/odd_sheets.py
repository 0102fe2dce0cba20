"""Three schedules of different shape with all that teams do in their sheets, made cell by cell."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from datetime import date, datetime, time

from xlsxwriter import Workbook


def picture(red: int) -> bytes:
    """A PNG of one pixel."""

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixel = zlib.compress(bytes([0, red, 0, 0]))
    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", pixel) + part(b"IEND", b"")


def _packed(fill: Callable[[Workbook], None]) -> bytes:
    packed = io.BytesIO()
    book = Workbook(packed, {"in_memory": True})
    book.set_properties({"created": datetime(2026, 9, 1)})
    fill(book)
    book.close()
    return packed.getvalue()


def listed() -> bytes:
    """国庆: a list with stages merged downwards, dates and times written in every way, tasks, people, pictures."""
    return _packed(_listed)


def _listed(book: Workbook) -> None:
    sheet = book.add_worksheet("排期")
    day = book.add_format({"num_format": "m月d日"})
    clock = book.add_format({"num_format": "h:mm"})
    struck = book.add_format({"font_strikeout": True})
    sheet.merge_range("A1:I1", "2026年国庆社群排期")
    sheet.write_row("A2", ["阶段", "日期", "时间", "社群文案", "任务", "形式", "负责人", "群", "备注"])
    rows = [
        ["预热期", date(2026, 9, 28), time(9, 0), "还有三天。\n今天揭晓。", None, "图文", "小王", "会员群", "配海报"],
        [None, "9月28日", "20：00前", "今晚八点前报名，{{昵称}}别忘了", None, "文字", "小李", "会员群", None],
        [None, "9.29", "11:30-13:00", "午间抢券：\n①满30减5\n②满60减12", None, "链接", "小王", "会员群", "#话题#"],
        [None, "9月30日（周三）", "晚8点", None, "核对收银台的券", None, "店长", None, None],
        ["高潮期", 46296, 0.375, "开始啦：全场第二件半价", None, "图文", "小王", "VIP群", None],
        [None, "10/1(周五)", "①10:00②20:00", "①上午场开始②晚上场开始", None, "文字", "小王", "VIP群", "两场"],
        [None, None, "１５：００", "下午茶时间，=到店就送一杯", None, "文字", "小李", "VIP群", None],
        [None, "10月2日-10月3日", "上午10点半", "假期不打烊", None, "文字", "小李", "会员群", None],
        [None, "10月3日", "待定", "神秘嘉宾来店", None, "视频", "小王", "会员群", "时间等通知"],
        [None, "国庆后", "10:00", "收尾感谢", None, None, None, "会员群", None],
        [None, "10月4日", "10:00", "隐藏的一条", None, None, None, "会员群", None],
        [None, "10月4日", "12:00", "取消的一条", None, None, None, "会员群", None],
    ]  # fmt: skip
    for number, row in enumerate(rows, 2):
        for column, value in enumerate(row):
            form = day if isinstance(value, date) else clock if isinstance(value, time) else None
            if value is None:
                continue
            if isinstance(value, date):
                sheet.write_datetime(number, column, datetime(value.year, value.month, value.day), form)
            elif isinstance(value, time):
                sheet.write_datetime(number, column, value, form)
            elif isinstance(value, str):
                sheet.write_string(number, column, value, struck if value == "取消的一条" else None)
            else:
                sheet.write(number, column, value)
    sheet.merge_range("A3:A6", "预热期")
    sheet.merge_range("A7:A14", "高潮期")
    sheet.set_row(12, None, None, {"hidden": True})
    sheet.set_column("K:K", None, None, {"hidden": True})
    sheet.write("K3", "内部价 9.9")
    sheet.write("A17", "注：周末由小李值班")
    sheet.write_formula("C17", '=TEXT(C3,"h:mm")', None, "09:00")
    sheet.write_comment("D3", "海报周五给", {"author": "小王"})
    sheet.write_comment("B17", "谁来定？")
    sheet.insert_image("E3", "poster.png", {"image_data": io.BytesIO(picture(200))})
    sheet.insert_image("L20", "stray.png", {"image_data": io.BytesIO(picture(10))})
    sheet.insert_textbox("M3", "记得 @所有人")


def weekly() -> bytes:
    """每周: weekdays across and times down, a cell merged over days and one over times, a second table below."""
    return _packed(_weekly)


def _weekly(book: Workbook) -> None:
    sheet = book.add_worksheet("每周")
    sheet.write("A1", "社群周SOP")
    sheet.write_row("A2", ["时间", "周一", "星期二", "周三", "Thu", "周五", "周末"])
    sheet.write_column("A3", ["09：00", "12点", "晚8点-9点", "下午3点一刻", "睡前"])
    sheet.merge_range("B3:F3", "早安，新的一天")
    sheet.write_row("B4", ["①看新品\n②领券", "优惠券预告", "会员日", "会员日", "周末秒杀预告", "周末愉快"])
    sheet.merge_range("C5:C6", "神券日开抢")
    sheet.write("G5", "晒单有礼")
    sheet.write("B7", "晚安")
    sheet.write("A9", "朋友圈")
    sheet.write_row("A10", ["星期", "时间", "朋友圈文案", "栏目"])
    sheet.write_row("A11", ["周一三五", "10:00、15:00", "生活小妙招", "生活"])
    sheet.write_row("A12", ["工作日", "20点30分", "每晚好物", "产品"])
    sheet.write_row("A13", ["每月22日", "10:00", "会员日到了", "福利"])
    sheet.write("I2", "旁注：话术由总部审")
    second = book.add_worksheet("补充")
    second.write_row("A1", ["群", "周二", "周四"])
    second.write_row("A2", ["会员群", "10:00 茶点\n19：30 夜读", "没写几点的一条"])
    hidden = book.add_worksheet("旧版")
    hidden.write_row("A1", ["日期", "时间", "内容"])
    hidden.write_row("A2", ["9月1日", "10:00", "旧的一条"])
    hidden.hide()


def beside() -> bytes:
    """开业: days from the opening, two tables side by side, titles between the rows, times across."""
    return _packed(_beside)


def _beside(book: Workbook) -> None:
    sheet = book.add_worksheet("开业")
    sheet.write("A1", "群发")
    sheet.write_row("A2", ["日期", "时间", "内容"])
    sheet.merge_range("A3:C3", "蓄水期")
    sheet.write_row("A4", ["D-3", "10:00", "还有三天"])
    sheet.write_row("A5", ["", "20.30", "倒数第三天晚安"])
    sheet.write_row("A6", ["D-Day", "9点", "开门啦"])
    sheet.merge_range("A7:C7", "热卖期")
    sheet.write_row("A8", ["第2天", "09:00/15:00", "第二天继续"])
    sheet.write_row("A9", ["第三天", "次日00:30", "零点加餐"])
    sheet.write("E1", "员工")
    sheet.write_row("E2", ["日期", "时间", "工作内容", "负责人"])
    sheet.write_row("E4", ["D-2", "18：00前", "贴海报", "小陈"])
    sheet.write_row("E5", ["D-1", "14:00", "培训话术\n收银台一遍", "小陈"])
    sheet.write_row("A12", ["", "10:00", "20:00"])
    sheet.write_row("A13", ["D+5", "返场预告", "返场开始"])
    sheet.write_row("A14", ["D+6", "最后一天", ""])
    sheet.write_row("A16", ["未排：", "想做一次直播"])


BOOKS = {"listed": listed, "weekly": weekly, "beside": beside}
