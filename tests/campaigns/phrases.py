"""What customer managers write into the answer cell, by what it means; written by ear, apart from the phrases file."""

REFUSALS = """
不感兴趣，别再打了
客户说不要再打电话来
叫我们以后不要打扰他
明确表示拒绝接听营销电话
说再打就投诉
要投诉我们
客户很生气，让别打了
让把他号码删掉
请不要再给我发短信
不想再接到银行电话
客户要求拉黑
要求不再联系
客户拒绝
拒绝营销
说我们骚扰他
别打了，烦死了
天天打，有完没完
不愿意接银行的推销电话
以后不用联系我
请勿来电
勿扰
免打扰
退订
TD
回T退订
不要再发了
不要上门
别上门来了
不接受任何推销
不接受电话营销
说已经跟你们讲过别打电话了
问我们从哪弄的号码，要举报
要打12378
说要到银保监投诉
说要报警
说我行泄露信息，不许再打
谁让你们打的，不准再打
不同意用他的信息做营销
撤回营销授权
取消短信通知，不要推销
把我从名单里去掉
把她移除名单
不要再给我推荐理财
别给我推销了
不买，以后别找我
不需要，请别再来电
没兴趣，不要再打扰
客户表示反感，不愿意再被打扰
讨厌推销电话
很反感营销电话
客户骂人，让滚
让我滚
他说滚蛋
客户发火了，说再打试试
别烦我
烦不烦啊
一天到晚打电话，受不了
三番五次打，太烦了
老是打电话来，烦
又打电话来，骂了一顿
说这个月打了好几次了，别打了
客户不希望被联系
客户不希望再收到短信
不希望银行上门
不喜欢接这类电话
不方便接电话，以后也别打
请停止联系
停止发送短信
终止联系
禁止拨打
该客户禁止营销
谢绝推销
谢绝来访
谢绝一切广告
加入黑名单
已被客户拉黑
微信被客户删除拉黑
客户屏蔽了我们
要求删除个人信息
要求注销信息
客户要求取消订阅
永远不要再打
永远别联系
今后不再接我们电话
以后都不接了
以后你们的电话不会接了
再也不要打了
下次别打了
莫再打了
莫要再来咯
甭打了
少打电话
少给我发信息
少来烦我
别再发微信了
不要加我微信
不要再加微信骚扰
客户本人不愿意接电话
家属说不要再打来
老人儿子说别再打给他爸
女儿接的，说别骗老人，不要再打
以为是诈骗，说要报警
说我们是骗子，要举报
不让打
不让再联系
说不要联系，挂断
没说完就挂了，说别打
接了就骂
接通后直接骂人挂断
态度恶劣，挂电话
听到是银行就挂了
直接挂断
不耐烦，挂了
客户情绪激动，要求停止
客户要起诉
找律师告我们
说侵犯隐私
要求不要使用其信息
不给授权
取消授权
不同意接收营销信息
不接收短信
拒收短信
拒绝上门
拒绝拜访
拒绝提供信息，拒绝回访
不要回访
别回访了
请不要回访
千万别再打
求你们别打了
拜托不要再打来了
说了多少次了，不要打
跟你们说过不要打了
叫你们别打还打
还打？投诉你
再打翻脸
再发短信就投诉
不要再推送广告
手机银行不要推送
关掉推送，别发
不想听
不想收到你们的信息
不想被打扰
不愿意被打扰
不愿再联系
不允许再打电话
本人声明不接受营销
客户勿联系
请勿联系此客户
此客户请勿再访
不再联系
勿打
勿发短信
Please stop calling me
stop calling
STOP
do not call again
don't call me
Don't contact this customer
never call again
never contact me
no more calls please
no more texts
no further contact
no marketing
please unsubscribe
wants to unsubscribe from sms
opt out
opted out
opting out of marketing
remove me from your list
take me off the list
take her number off
delete my number
lose my number
leave me alone
asked to be left alone, do not contact
customer complained
will complain to the regulator
threatened to complain
says this is harassment
stop harassing me
stop texting
stop sending messages
quit calling
cease contact
refused
customer refused any marketing
declined further contact
withdrew consent
withdraws his consent
revoked consent
objects to marketing
does not want to be called
doesn't want any calls
don't want to hear from you
did not like being called, don't phone again
do not disturb
do not text
do not visit
should not be contacted
must not be called
not to be contacted
no longer wants to be contacted
blocked us
put us on the blacklist
angry, told us to go away
fed up with our calls
hung up angrily
hung up on me
shouted at me
will call the police
will sue
blacklist
DNC
don't bother me again
not interested, do not call
not interested and asked us to stop
please don't message me on WeChat
""".strip().splitlines()

OTHERS = {
    "not_reached": """
没接电话
没人接
无人接听
未接通
打不通，没接
关机
电话占线
通话中
不在服务区
响了很久没接
没联系上
未能联系到客户
去了没在家
不在家
空号
号码错了
不是本人
已停机
no answer
did not pick up
not reached
busy
voicemail
switched off
wrong number
could not reach him
""",
    "later": """
下周再打
让下个月再联系
考虑一下
再考虑考虑
要跟家里商量
明天再说
等发工资
过几天来
回头再看
改天约
月底再联系
到期后再说
现在忙，晚点打
call back next week
call again tomorrow
needs to think it over
will consider
later
busy now, call me back
""",
    "no": """
不感兴趣
没兴趣
不需要
没有需求
没钱
没闲钱
不想办
暂不需要办理
利率低，不合适
不划算
not interested
no need
no thanks
doesn't need it
""",
    "yes": """
有兴趣
感兴趣
很感兴趣，想了解
愿意
同意
想办
想存定期
可以办
有意向
会来网点
interested
very interested
wants it
will come to the branch
agreed
""",
    "bought": """
已办理
已办理5万定期
当场办了
已经存了3万
办好了，理财10万
已购买
已开户
成交
bought
bought a time deposit of 50,000
signed up
opened an account
""",
}
NEGATED = """
没说别打
客户没有拒绝
没有投诉
并未拒绝
不反对再联系
不是要投诉
客户没要求拉黑
did not complain
didn't refuse
never asked us to stop calling
""".strip().splitlines()

LATER_REFUSALS = """
客户要求以后不打了
麻烦把我的号码去掉，谢谢
别给我老婆打电话了
说别再拿他当韭菜，别打来
叫我们死心，别再推销
说再接到电话就销户
不买你们的东西，别打电话
行里的推销一律不要打给我
不要再打到单位来
上班时间别打，也别再打了
烦，不要打
客户厌烦，要求不再致电
请把我列入免打扰名单
要求退出短信推送
不要短信
不愿接听
不愿意被银行打扰，已说明
拒接，并回短信说别打
让银行注意，他不接推销
对营销电话很抵触
不受理任何推销电话
不要联系老人
儿女要求不要联系老人
说已拉入黑名单
微信已把我删除
说个人信息被泄漏，很气愤
质问号码来源，要投诉到人行
直接说滚
骂骂咧咧挂了
客户发脾气
一听就火了
说打扰他休息了，以后不许打
说晚上打电话是扰民
不想跟银行有任何联系
跟我行没有业务往来，别打了
已销户，请勿再打
要求停发短信
关闭营销短信
不要再寄资料
不要再登门
请尊重隐私，勿扰
取消关注，不再接收
我不需要，也请你们不要再问
不要一直问
别问了
不要再说了
不必再打
不用再联系
不用打了
不需要再联系
不用再来了
没必要再打电话
没有必要联系
说号码是新机主，别打了
新机主要求勿打
家人代接，要求别打
丈夫接，说别找他老婆
别打这个号
此号勿拨
号码请删
please take this number out of your system
keep my number out of your lists
I said no, stop it
stop bothering us
stop contacting me please
he wants no more sms
wants all marketing stopped
asked that nobody phones again
requested no phone calls
requests not to be disturbed
never phone this number
don't ever ring again
do not send any offers
don't send messages
wishes not to be contacted
unsubscribed
says enough is enough
got angry and hung up
told me to get lost
told us where to go
strongly objects
does not consent to marketing
no consent for calls
wants his data deleted
""".strip().splitlines()
