"""Words for codes, in English and Chinese: what people read in the files and write into them."""

CHANNELS = {
    "call": ("phone call", "电话"),
    "visit": ("visit", "上门走访"),
    "sms": ("text message", "短信"),
    "app": ("mobile bank", "手机银行"),
    "counter": ("counter", "柜面"),
    "wechat": ("WeChat", "企业微信"),
}
BANDS = {
    "morning": ("morning 7-12", "上午7-12点"),
    "noon": ("noon 12-14", "中午12-14点"),
    "afternoon": ("afternoon 14-18", "下午14-18点"),
    "evening": ("evening 18-22", "晚间18-22点"),
}
ANSWERS = {
    "yes": ("yes", "有意向"),
    "no": ("no", "无意向"),
    "later": ("later", "再考虑"),
    "not_reached": ("not reached", "未接通"),
    "opt_out": ("never contact again", "要求不再联系"),
}
RANKED_BY = {
    "uplift": ("uplift (what a contact adds)", "增益(触达带来的提升)"),
    "propensity": ("propensity (calibrated probability)", "倾向(校准后的转化概率)"),
}
GROUPS = {"contact": ("contact", "触达"), "control": ("control", "对照")}
KINDS = {
    "branch": ("branch", "支行"),
    "manager": ("manager", "客户经理"),
    "grid": ("grid", "网格"),
    "channel": ("channel", "渠道"),
}
WORDS = {"channel": CHANNELS, "time_band": BANDS, "group": GROUPS}
"""Words for the codes of some columns, in English and Chinese; the Parquet files keep the codes."""
