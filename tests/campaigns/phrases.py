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
7月3日再打
周五再联系
15号再说
下午3点再打
call me on Friday
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

INDEPENDENT_REFUSALS = """
别再打了
客户说不要再打电话来
让以后别联系他
客户很烦,叫别打了
再打就投诉
说要去银监投诉我们
要打12378
说再打就打12345
要求把号码删了
叫把他电话从系统里删掉
不要发短信了
微信也别发了
别上门了
叫我们不要再去他家
客户明确拒绝后续联系
拒绝营销电话
勿扰
请勿打扰
客户要求免打扰
要求加入黑名单
要加免打扰名单
已拉黑我行号码
把我微信删了
我加微信被拉黑,之前说别烦他
骂人了,挂了
一接就骂,说天天打
破口大骂,让滚
说我们骚扰他
说这是骚扰电话,要举报
问号码哪里来的,要告我们
质问谁泄露他信息,要追究
要报警
客户发火,让别再来了
嫌烦,以后不用通知他
有事他自己会去网点,别打电话
要存钱自己会来,莫打了
莫再打了,烦死咯
莫来了莫来了
甭打了
甭再来烦我
白打了,以后白打电话
表再打了
覅打了
覅再来寻我
弗要打来哉
唔好再打嚟
唔好再搵我
咪再打俾我
莫挨我
嫑打电话了
嫑再来咧
别个说莫再打他电话
老人家喊莫打了
喊我们莫再去屋头
喊起莫发信息了
再打老子投诉你
再打俺就去总行找领导
说找行长告我
要找领导反映,天天打烦不烦
打了多少遍了,还打
你们银行烦不烦啊
有完没完,别打了行不行
说了多少次不要打
上次就说过别打了,很生气
已经第三次说不需要联系了
之前讲过不要联系,又打,态度很差
拜托别再打了
麻烦不要再联系,谢谢
客气说以后不用联系了
委婉表示不希望再被打扰
意思是别再找他
话里意思不想让我们再打
往后不用再给我打了
今后别推产品给我
什么活动都别通知我
退订
回T退订
要求取消短信提醒营销
让取消所有推送
不要推销理财
别跟我推销贷款,再推翻脸
别再跟我提信用卡了,听见就烦
再打就销户
再打就把钱全转走
说再骚扰就把存款取走
再联系就去邮储存
再打我把卡剪了
钱都取走了还打,别打了
已销户,别再找我
我不是你们客户了,不要打
号码换人了,机主要求别再打
打错了,让把号删了
不认识这个人,别打来了
说号码不是他的,要求不要再拨
家属接的,让别再打
老婆接的,叫以后别打她老公电话
儿子接的,说不许再打他妈电话
儿子不让联系老人,说再打就告
女儿说别骗我妈,别打了
客户已去世,家属要求勿再联系
人都不在了还打,家属很生气
家里办丧事,叫别打了
住院了,别再打扰
生病心情不好,让别打
上班不让打电话,以后都别打
开车还打,骂了句别打了
中午打的,客户大怒,以后不准打
不准打
不许再打
禁止联系
禁止致电
禁止上门
不同意使用他的信息营销
要求撤回个人信息授权
撤回授权,不同意再联系
要求注销信息
要求清除他的资料
要我们把他名字划掉
名单上把我去掉
从名单里剔除
别把我列名单里了
客户要求删除联系方式
删号
删了我的号行不
你把我号码删咯
客戶要求不再連絡
不要在打了
别在打了烦
不要再打电活了
别打电话乐
客户说别烦她
别来烦
少烦我
少来这套,别打了
滚,别打了
叫我滚
吃饱了撑的,天天打
有病吧,别打了
骂骗子,让别再打
说我是骗子,要报警,不让再打
认为是诈骗,叫不要再打
不信任我行,不愿再接电话
接通说一句别打了就挂
秒挂,再拨回短信:别打
回微信说别发了
微信回复:不要再发广告
微信说再发就删
发朋友圈广告也别@他
把我踢出群,别拉我进群了
别再拉我进群
群发消息别发给我
节日祝福也别发了
生日短信都不要发
不用给我送东西,别来就行
礼品不要,人也不要来
门都不开,喊走
不开门,隔门喊别来了
上门被赶出来
被轰出来了,说别再登门
店老板赶人,说别再来店里
店里忙,说别再来打扰做生意
来一次烦一次,说别来了
不欢迎我们去
说我们再进院子就不客气
不要再派人来
换谁来都不见
谁打都不接,别打了
说别换号码打了,烦
总行也打支行也打,要求都停
信贷客服轮着打,让全部停止
停止拨打
要求停止一切联系
到此为止,不要联系了
永远别打
一辈子别打给我
不需要,以后也别问
没钱,别再打了
没钱存,莫来喊了
没兴趣,以后别打
不感兴趣,也请别再发资料
不贷款,别天天问
利息那么低还好意思打,别打了
上次服务差,不想再跟我们有来往
跟我行有矛盾,不愿联系
贷款被拒过,生气,让别再找他
因为被扣费很气愤,不要再联系
纠纷没解决,别打营销电话
说录音了,再打就发网上
已录音取证,再打起诉
要起诉侵犯隐私
律师,说再打发律师函
说违反个保法,不准再打
工信部投诉,说了
要到人行投诉
已经投诉过一次了,还打
客户已投诉,勿再打
投诉客户,别碰
要我保证以后不打
让我承诺不再打扰
要工号,说下次再打就告
记了我名字,说再打投诉
不想听,以后都不想听
听着就来气,别打
语气很冲:最后一次啊,别再打了
警告我们最后一次
烦得很,再莫打
俺不用恁打电话了
恁别再打了中不中
别来电话了,俺忙着呢
整天打打打,整啥呀,别打了
老打啥呀,别打了啊
你莫得事就莫打
冇得事莫打
冇兴趣,唔使再打
麦搁卡啊
免搁来啊
想清静,不要联系
放过我吧
饶了我吧别打了
别惦记我那点钱了
别盯着我了
能不能别老盯着我家
你们就没别人可打了吗
以后当没我这个客户
不想跟银行打交道,别找
please dont call again
don't call me anymore
customer says stop calling
stop calling!!
no more calls
no more calls or sms pls
asked us not to contact again
do not contact
DNC
do not disturb
said leave me alone
leave him alone he says
wants number removed
asked to delete his number
remove from list
asked to be taken off the call list
unsubscribe
opt out of all sms
opted out
no marketing
refuses all marketing
doesnt want any promo msgs
dont send wechat anymore
stop wechat msgs
blocked us on wechat, told us to stop
told me never to call again
never call back
never come to my house again
dont visit again
no visits please
kicked me out, said dont come back
door slammed, told not to return
shouted at me to go away
swore and hung up
angry about repeated calls
fed up with our calls
sick of calls from bank
calling this harassment
says it's harrasment, will report
will complain to regulator
threatens complaint to CBIRC
threatened to sue
will call police next time
threatened to close acct if called again
asked where we got his number, furious
privacy complaint, erase his data
withdraws consent for contact
revoke consent
wrong number, dont call
wrong person, asked to delete the no.
not the owner, said quit calling
son answered, dont call my mother
wife said stop phoning her husband
family says deceased, no further calls
he'll come to us if he needs, dont ring
I'll reach out if needed, no need to call
prefers not to be contacted
would rather not hear from us
politely asked no further follow up
no follow up, cust request
not interested and dont ask again
dont bother me
stop bothering him
quit bugging me
enough already with the calls
how many times do i have to say no
told u last month, no calls
third time asking us to stop
lose my number
get lost, dont call
blacklist us he said
said he'll record us and post online
asked my staff no. to lodge complaint
pls no call no msg no visit
stop spamming
""".strip().splitlines()
"""Written by someone who did not know the list."""
